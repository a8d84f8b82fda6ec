# SPDX-License-Identifier: GPL-3.0-or-later
"""What an average English-speaking shop writes: labels with colons, dates in words, amounts with a currency code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from ansible_collections.koshin.tls.plugins.module_utils._core.message import MessageKind

from .letters_paper import Block, Body, Button, Facts, Listing, Paper, Rows, Verbatim, names_line

PAPER = Paper(
    language="en",
    rule="-" * 60,
    heading="{title}\n{rule}",
    row="{label}: {pad}{value}",
    opening="",
    closing="If you have any questions, simply reply to this e-mail.\n\nKind regards,\nThe Certificate Shop team",
    signature=(
        "The Certificate Shop | 1 Sample Street, Springfield",
        "Support: +1 555 0100, Mon-Fri 9am-5pm",
        "https://www.shop.example.com/support",
    ),
    hidden="An update on your SSL/TLS certificate",
)
_SITE = "https://www.shop.example.com"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _us_day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _body(facts: Facts, subject: str, *blocks: Block) -> Body:
    return Body(subject, blocks, f"Dear {facts.latin_name},")


def _order(facts: Facts, *more: tuple[str, str]) -> Rows:
    one = facts.first
    rows = (
        ("Order number", one.order_number),
        ("Product", one.product),
        ("Common name", one.common_name),
        ("Additional names", names_line(one)),
    )
    return Rows("Your order", (*rows, *more))


def advance_notice(facts: Facts) -> Body:
    return _body(
        facts,
        "Heads-up: your SSL certificate can be renewed soon",
        "Your certificate is going to expire in about two months. You will be able to renew it starting 30 days before "
        "it expires; there is nothing for you to do until then.",
        _order(facts, ("Expires on", _day(facts.first.ends_on)), ("Renewal opens on", _day(facts.due_on))),
    )


def renewal_notice(facts: Facts) -> Body:
    rows = tuple((one.order_number, one.common_name, names_line(one), _day(one.ends_on)) for one in facts.certificates)
    return _body(
        facts,
        "It's time to renew your SSL certificate",
        "The following certificates are now eligible for renewal. Any time left on them will be added to the new ones.",
        Listing("Certificates", ("Order", "Common name", "Additional names", "Expires on"), rows),
        "We will send you an invoice separately.",
    )


def invoice(facts: Facts) -> Body:
    rows = tuple((one.order_number, one.common_name, f"JPY {one.price:,}") for one in facts.certificates)
    return _body(
        facts,
        f"Invoice {facts.invoice_number} from The Certificate Shop",
        "Please find below the invoice for the renewal of your certificates.",
        Rows(
            "Invoice",
            (
                ("Invoice number", facts.invoice_number),
                ("Invoice date", _day(facts.sent_on)),
                ("Subtotal", f"JPY {facts.net:,}"),
                ("Consumption tax (10%)", f"JPY {facts.tax:,}"),
                ("Total due", f"JPY {facts.total:,}"),
                ("Payment due by", _us_day(facts.due_on)),
            ),
        ),
        Listing("Items", ("Order", "Common name", "Price"), rows),
        Button("Pay now", f"{_SITE}/invoices/{facts.invoice_number}"),
    )


def payment_received(facts: Facts) -> Body:
    return _body(
        facts,
        "We have received your payment",
        "Thank you for your payment. We will send you instructions on how to apply shortly.",
        Rows("Payment", (("Invoice number", facts.invoice_number), ("Amount paid", f"JPY {facts.total:,}"))),
    )


def application_invitation(facts: Facts) -> Body:
    return _body(
        facts,
        f"Next step: complete your certificate application (order {facts.first.order_number})",
        "Please use the link below to submit your CSR and your organization's details.",
        _order(facts, ("Please apply by", _us_day(facts.due_on))),
        Button("Complete your application", facts.link or f"{_SITE}/apply/5f0e"),
    )


def applied_automatically(facts: Facts) -> Body:
    return _body(
        facts,
        "Your renewal has been submitted automatically",
        "Your renewal request was submitted on your behalf, using the details of your previous application. "
        "You do not need to fill in the application form.",
        _order(facts),
    )


def received(facts: Facts) -> Body:
    return _body(
        facts,
        "We have received your certificate application",
        "Thank you for your application. The certificate authority is now going to validate your domains and your "
        "organization.",
        _order(facts, ("Received on", _day(facts.sent_on))),
    )


def validation_token(facts: Facts) -> Body:
    files = [
        Rows(
            "File-based validation",
            (
                ("Domain", token.name),
                ("File location", f"http://{token.name}{token.path}"),
                ("File content", token.content),
            ),
        )
        for token in facts.tokens
    ]
    records = [
        Rows(
            "DNS-based validation",
            (
                ("Domain", record.name),
                ("Record name", f"{record.record}."),
                ("Record type", record.type),
                ("Record value", record.value),
            ),
        )
        for record in facts.records
    ]
    return _body(
        facts,
        "Action required: prove control of your domains",
        "Before your certificate can be issued, you need to show that you control the domains in it.",
        _order(facts),
        *files,
        *records,
        "The certificate authority checks periodically; no further action is needed once this is in place.",
    )


def approval_request(facts: Facts) -> Body:
    one = facts.first
    ways: tuple[Block, ...]
    if facts.code:
        ways = (
            "To permit the issuance of this certificate, browse to the page below and enter this validation code.",
            Rows("Validation", (("Validation code", facts.code),)),
            Button(
                "Enter the code", facts.link or "https://secure.ca.example.com/products/EnterDCVCode2?orderNumber=1"
            ),
        )
    else:
        ways = (
            "To approve this request, click the link below and choose Approve.",
            Button("Review and approve", facts.link or "https://validation.ca.example.com/link/?t=93ae"),
        )
    return Body(
        f"[Action Required] Approve Certificate Request for {one.common_name} {{Order #{one.order_number}}}",
        (
            "Dear domain owner,",
            f"We have received a certificate request from {facts.legal_name} for your domain.",
            Rows("Request", (("Order number", one.order_number), ("Domain names", ", ".join(one.names)))),
            *ways,
            "If you did not expect this message, please ignore it.",
        ),
    )


def documents_asked(facts: Facts) -> Body:
    listed = "; ".join(facts.documents or ("a recent utility bill that shows your telephone number",))
    return _body(
        facts,
        "Additional documents needed for your certificate order",
        "The validation team has asked for additional documentation before it can continue.",
        _order(facts, ("Documents needed", listed), ("Please provide by", _day(facts.due_on))),
    )


def phone_call_arranged(facts: Facts) -> Body:
    return _body(
        facts,
        "Verification call for your certificate order",
        "The validation team will call your organization's main telephone number to confirm the request.",
        _order(
            facts,
            ("Number to be called", facts.telephone),
            ("Person to be asked for", facts.latin_responsible),
            ("Scheduled for", _us_day(facts.due_on)),
        ),
    )


def online_confirmation(facts: Facts) -> Body:
    return _body(
        facts,
        "Confirm your certificate request online",
        "Because your organization has been verified before, no telephone call is needed this time: please confirm the "
        "request online instead.",
        _order(facts, ("Please confirm by", _day(facts.due_on))),
        Button("Confirm request", facts.link or f"{_SITE}/confirm/0b77"),
    )


def certificate(facts: Facts) -> Body:
    inline: tuple[Block, ...] = tuple(Verbatim(one) for one in facts.pem)
    where = "below" if inline else f"in the attached file {facts.attachment or 'certificate.zip'}"
    return _body(
        facts,
        f"Your SSL certificate for {facts.first.common_name} has been issued",
        f"Good news! Your certificate has been issued. You will find it {where}.",
        _order(facts, ("Expires on", _day(facts.first.ends_on))),
        *inline,
        "Remember to install the intermediate certificate as well.",
    )


def reissue_notice(facts: Facts) -> Body:
    return _body(
        facts,
        "Reissue your SSL certificate before it expires",
        "Your order is still running, but the certificate in it is about to expire. Please request a free reissue.",
        _order(facts, ("Certificate expires on", _day(facts.first.ends_on)), ("Order ends on", _day(facts.due_on))),
        Button("Request the reissue", facts.link or f"{_SITE}/reissue/e4"),
    )


def expiry_reminder(facts: Facts) -> Body:
    return _body(
        facts,
        "Reminder: your SSL certificate expires in 7 days",
        "We noticed that you have not renewed your certificate yet. Visitors will see warnings once it has expired.",
        _order(facts, ("Expires on", _us_day(facts.first.ends_on))),
    )


def rejection(facts: Facts) -> Body:
    return _body(
        facts,
        "Your certificate application has been declined",
        "Unfortunately the certificate authority could not complete the validation and has declined your application.",
        _order(facts, ("Reason", facts.reason or "the organization could not be verified")),
    )


def cancellation(facts: Facts) -> Body:
    return _body(
        facts,
        "Your order has been cancelled",
        "As requested, your order has been cancelled. No certificate will be issued.",
        _order(facts),
    )


def revocation_warning(facts: Facts) -> Body:
    return _body(
        facts,
        "URGENT: your certificate will be revoked",
        "The certificate authority is required to revoke the certificate below. Please replace it before then.",
        _order(
            facts,
            ("Revocation date", _us_day(facts.due_on)),
            ("Reason", facts.reason or "a mistake in the certificate"),
        ),
        Button("Request the reissue", facts.link or f"{_SITE}/reissue/e4"),
    )


def _newsletter(facts: Facts) -> Body:
    return _body(
        facts,
        "November newsletter: shorter certificates, new products",
        "From March 2027 on, certificates are issued for 100 days at most. Renew early, save 15%: code AUTUMN15.",
        Button("Read more", f"{_SITE}/blog/"),
    )


def _new_terms(facts: Facts) -> Body:
    return _body(
        facts,
        "Changes to our terms of service and invoices",
        "Starting next year, invoices will be sent as PDF files. Your payment methods stay the same.",
    )


BODIES: Mapping[MessageKind, Callable[[Facts], Body]] = {
    MessageKind.ADVANCE_NOTICE: advance_notice,
    MessageKind.RENEWAL_NOTICE: renewal_notice,
    MessageKind.INVOICE: invoice,
    MessageKind.PAYMENT_RECEIVED: payment_received,
    MessageKind.APPLICATION_INVITATION: application_invitation,
    MessageKind.APPLIED_AUTOMATICALLY: applied_automatically,
    MessageKind.RECEIVED: received,
    MessageKind.VALIDATION_TOKEN: validation_token,
    MessageKind.APPROVAL_REQUEST: approval_request,
    MessageKind.DOCUMENTS_ASKED: documents_asked,
    MessageKind.PHONE_CALL_ARRANGED: phone_call_arranged,
    MessageKind.ONLINE_CONFIRMATION: online_confirmation,
    MessageKind.CERTIFICATE: certificate,
    MessageKind.REISSUE_NOTICE: reissue_notice,
    MessageKind.EXPIRY_REMINDER: expiry_reminder,
    MessageKind.REJECTION: rejection,
    MessageKind.CANCELLATION: cancellation,
    MessageKind.REVOCATION_WARNING: revocation_warning,
}
NOISE = (_newsletter, _new_terms)
