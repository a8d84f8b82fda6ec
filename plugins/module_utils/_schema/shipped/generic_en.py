# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An average English-speaking reseller: a start for one's own entry of ``tls_providers``."""

from __future__ import annotations

import typing as t

PROVIDER: dict[str, t.Any] = {
    "name": "generic_en",
    "title": "Certificate reseller",
    "language": "en",
    "checked_on": "2026-11-01",
    "methods": ["file", "dns", "email"],
    # DigiCert allows renewals from 90 days before the end on; what an average reseller allows is not known, 30 is safe.
    "window_days": 30,
    "window_days_elsewhere": 30,
    "application_window_days": 30,
    # What DigiCert issues since 2026-02-24; no CA may issue for more than 200 days.
    "validity_days": 199,
    # A year, as orders are sold; so it holds two certificates, the second one by a reissue.
    "order_days": 365,
    # Reissued 32 days before the first one ends, the second one lasts to the end of a year's order, and no day is lost.
    "reissue_window_days": 32,
    # Not known of an average shop: nothing is counted on.
    "carries_over": False,
    "sends_invoice": False,
    "applies_automatically": False,
    # Not known: after three days a person looks.
    "invitation_days": 3,
    "sends_certificate_by_mail": True,
    "same_subject_on_reissue": True,
    # Portals usually take one method for all names.
    "method_per_name": False,
    # DigiCert's about 397 days; no CA may use a vetting for more than 398.
    "vetting_days": 397,
    # Not known: the shop has to be asked.
    "cancellation_days": 0,
    "expected": [
        {"kind": "application_invitation", "latest_days": 3},
        {"kind": "received", "latest_days": 2},
    ],
    # From the rare to the common: the first that fits counts.
    "shapes": [
        {
            "kind": "approval_request",
            "subject": ["Approve Certificate Request", "Domain Approval", "Domain Control Validation", "approve your"],
            "body": ["certificate", "domain"],
            "without": ["has been issued"],
        },
        {
            "kind": "revocation_warning",
            "subject": ["will be revoked", "revocation of", "revocation notice", "is being revoked", "to be revoked"],
            "needs": ["names"],
        },
        {
            "kind": "cancellation",
            "subject": ["cancelled", "canceled", "cancellation"],
            "body": ["order"],
            "needs": ["order_number"],
        },
        {
            "kind": "rejection",
            "subject": ["declined", "rejected", "denied", "could not be approved"],
            "needs": ["names"],
        },
        {
            "kind": "certificate",
            "subject": [
                "has been issued",
                "is ready",
                "certificate issued",
                "certificate is issued",
                "your new certificate",
            ],
            "body": ["certificate"],
            "needs": ["names"],
        },
        {
            "kind": "applied_automatically",
            "subject": ["submitted automatically", "automatically submitted", "automatic renewal", "on your behalf"],
            "body": ["previous"],
        },
        {
            "kind": "online_confirmation",
            "subject": ["confirm your certificate request", "confirm your order online", "request online"],
            "body": ["confirm", "online"],
        },
        {
            "kind": "phone_call_arranged",
            "subject": ["verification call", "phone verification", "telephone verification", "callback"],
            "body": ["call"],
        },
        {
            "kind": "documents_asked",
            "subject": ["documents needed", "documents required", "additional document", "documentation required"],
            "body": ["document"],
        },
        {
            "kind": "validation_token",
            "subject": ["control of your domain", "domain validation", "validate your domain", "domain control", "DCV"],
            "needs": ["token_content"],
        },
        {
            "kind": "validation_token",
            "subject": ["control of your domain", "domain validation", "validate your domain", "domain control", "DCV"],
            "needs": ["record_value"],
        },
        {
            "kind": "payment_received",
            "subject": [
                "received your payment",
                "payment received",
                "payment confirmation",
                "thank you for your payment",
            ],
            "body": ["payment"],
        },
        {"kind": "invoice", "subject": ["invoice"], "needs": ["amount", "invoice_number"]},
        {
            "kind": "reissue_notice",
            "subject": ["reissue"],
            "body": ["reissue", "order"],
            "without": ["we have received", "has been issued"],
            "needs": ["names"],
        },
        {
            "kind": "application_invitation",
            "subject": [
                "complete your certificate",
                "complete your application",
                "apply for your certificate",
                "next step",
            ],
            "body": ["CSR"],
        },
        {
            "kind": "received",
            "subject": [
                "received your certificate",
                "received your application",
                "application received",
                "received your order",
            ],
            "body": ["application"],
        },
        {
            "kind": "advance_notice",
            "subject": ["can be renewed soon", "heads-up", "heads up", "renewal opens"],
            "body": ["renew"],
            "needs": ["names"],
        },
        {
            "kind": "expiry_reminder",
            "subject": ["reminder", "expires in", "is about to expire", "will expire", "expiring"],
            "body": ["expire"],
            "needs": ["names"],
        },
        {
            "kind": "renewal_notice",
            "subject": ["time to renew", "renew your", "renewal notice", "renewal of your", "due for renewal"],
            "body": ["renewal"],
            "needs": ["names"],
        },
    ],
    "labels": {
        "order_number": ["Order number", "Order #", "Order no", "Order no.", "Order ID"],
        "names": [
            "Common name",
            "Additional names",
            "Subject alternative names",
            "SAN",
            "SANs",
            "Domain",
            "Domains",
            "Domain name",
            "Domain names",
            "FQDN",
        ],
        "invoice_number": ["Invoice number", "Invoice no", "Invoice no.", "Invoice #", "Invoice ID"],
        "amount": ["Total due", "Amount due", "Total amount", "Total", "Amount", "Amount paid", "Grand total"],
        "tax": ["Consumption tax", "Tax", "VAT", "Sales tax", "Of which tax"],
        "due_on": [
            "Payment due by",
            "Payment due",
            "Due date",
            "Due by",
            "Pay by",
            "Please apply by",
            "Please provide by",
            "Please confirm by",
            "Scheduled for",
            "Revocation date",
            "Certificate expires on",
            "Expires on",
        ],
        "code": ["Validation code", "Approval code", "Confirmation code", "Code"],
        "wanted": [
            "Documents needed",
            "Documents required",
            "Required documents",
            "Reason",
            "Number to be called",
            "Person to be asked for",
            "Scheduled for",
        ],
        "token_path": ["File location", "File path", "File URL", "URL of the file", "Upload to", "Location"],
        "token_content": ["File content", "File contents", "Content of the file", "Content", "Contents"],
        "record_name": ["Record name", "DNS record name", "Host name", "Host", "Name"],
        "record_type": ["Record type", "DNS record type", "Type"],
        "record_value": ["Record value", "DNS record value", "Value", "Points to", "Target"],
    },
    "form": [
        {"source": "product", "label": "Product"},
        {"source": "action", "label": "New or renewal"},
        {"source": "csr", "label": "CSR"},
        {"source": "common_name", "label": "Common name"},
        {"source": "additional_names", "label": "Additional names (SANs)"},
        {"source": "validation_methods", "label": "Domain validation method"},
        {"source": "approvers", "label": "Approver e-mail"},
        {"source": "legal_name", "label": "Organization"},
        {"source": "street_address", "label": "Street address"},
        {"source": "locality", "label": "City"},
        {"source": "state", "label": "State or province"},
        {"source": "postal_code", "label": "Postal code"},
        {"source": "country", "label": "Country"},
        {"source": "telephone", "label": "Main telephone number"},
        {"source": "record_number", "label": "Company number (D-U-N-S or registry)"},
        {"source": "responsible_family_name", "label": "Organization contact: last name"},
        {"source": "responsible_given_name", "label": "Organization contact: first name"},
        {"source": "responsible_title", "label": "Organization contact: job title"},
        {"source": "responsible_email", "label": "Organization contact: e-mail"},
        {"source": "responsible_extension", "label": "Organization contact: extension"},
        {"source": "technical_family_name", "label": "Technical contact: last name"},
        {"source": "technical_given_name", "label": "Technical contact: first name"},
        {"source": "technical_email", "label": "Technical contact: e-mail"},
    ],
    "reissue_form": [
        {"source": "order_number", "label": "Order number"},
        {"source": "csr", "label": "CSR"},
        {"source": "common_name", "label": "Common name"},
        {"source": "additional_names", "label": "Additional names (SANs)"},
        {"source": "validation_methods", "label": "Domain validation method"},
        {"source": "approvers", "label": "Approver e-mail"},
    ],
}
