# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Shops without an API, as users describe them."""

    DOCUMENTATION = r"""
options:
  providers:
    description:
      - Resellers without an API, as in the variable C(tls_providers), beside those that come with the collection.
      - Give them when an account of O(accounts[].ca=portal) is at one that the collection does not know.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Identifier of the shop.
          - Accounts name it in C(provider).
        type: str
        required: true
      base:
        description:
          - A shop that comes with the collection, whose data count where this entry says nothing.
          - "Set it unless you describe the whole shop: V(generic_ja), V(generic_en), V(bestssl) or V(bestssl_30)."
        type: str
      title:
        description:
          - Its name for people.
          - Set it when it differs from that of the base.
        type: str
      language:
        description:
          - The language of its pages and mails.
          - Set it when it differs from that of the base.
        type: str
        choices: [ja, en]
      checked_on:
        description:
          - The day on which somebody last looked these data up, as C(2026-11-23).
          - Always set it; after a year it is a finding.
        type: str
        required: true
      announced:
        description:
          - What the CA behind the shop said of certificates to come.
          - Set it when the CA announces another issuer or root, or the end of a use, to be told a lifetime ahead.
        type: list
        elements: dict
        suboptions:
          since:
            description:
              - The first day on which certificates are issued so, as C(2027-03-01).
              - Always set it.
            type: str
            required: true
          without:
            description:
              - Uses that certificates no longer allow, V(client_auth) or V(server_auth).
              - Set it where the CA drops one of them.
            type: list
            elements: str
          issuer:
            description:
              - Common name of the intermediate that signs them.
              - Set it where that changes.
            type: str
          root:
            description:
              - Common name of the root that they end at.
              - Set it where that changes.
            type: str
      caa_domains:
        description:
          - The issuer domain names of the CA behind the shop, as CAA records name it, the preferred one first.
          - Set it to have the CAA records of every name looked at before an order; without it they are not.
        type: list
        elements: str
      products:
        description:
          - What is sold there, in the shop's own words; the first is ordered unless a certificate names another.
          - Set it so that the application sheet says what to choose.
        type: list
        elements: str
      methods:
        description:
          - Validation methods that it offers, of C(file), C(dns) and C(email).
          - Set it when they differ from those of the base.
        type: list
        elements: str
      window_days:
        description:
          - Renewal of what was bought there opens so many days before the end.
          - Set it when it differs from that of the base.
        type: int
      window_days_elsewhere:
        description:
          - "The same for certificates that were bought elsewhere: they may be bought from then on."
          - Set it when it differs from that of the base.
        type: int
      application_window_days:
        description:
          - What was bought elsewhere counts as a renewal when it is applied for so many days before the end, or
            later.
          - Set it when it differs from that of the base.
        type: int
      validity_days:
        description:
          - How long a certificate lasts.
          - Set it when it differs from that of the base.
        type: int
      order_days:
        description:
          - How long an order lasts; where it lasts longer than a certificate, certificates are reissued inside it.
          - Set it when it differs from that of the base.
        type: int
      reissue_window_days:
        description:
          - A reissue inside the order begins so many days before the certificate's end.
          - Set it when it differs from that of the base.
        type: int
      invitation_days:
        description:
          - The application mail comes so many days after the payment at the latest.
          - Set it when it differs from that of the base.
        type: int
      vetting_days:
        description:
          - The vetting of an organization is used again for so many days.
          - Set it when it differs from that of the base.
        type: int
      cancellation_days:
        description:
          - An order may be cancelled for so many days after issue.
          - Set it when it differs from that of the base.
        type: int
      carries_over:
        description:
          - Whether days that are left of the certificate in use are added to the next.
          - Set it when it differs from that of the base.
        type: bool
      sends_invoice:
        description:
          - Whether notice and invoice come by themselves before the end of what was bought there.
          - Set it when it differs from that of the base.
        type: bool
      applies_automatically:
        description:
          - Whether it applies with last time's data when nobody does.
          - Set it when it differs from that of the base.
        type: bool
      sends_certificate_by_mail:
        description:
          - Whether the certificate comes by mail.
          - Set it when it differs from that of the base.
        type: bool
      same_subject_on_reissue:
        description:
          - Whether a reissue needs the subject of the CSR before.
          - Set it when it differs from that of the base.
        type: bool
      method_per_name:
        description:
          - Whether each name may be validated in a way of its own.
          - Set it when it differs from that of the base.
        type: bool
      my_page:
        description:
          - Address of the page that shows the orders.
          - Set it so that people find it in every step.
        type: str
      senders:
        description:
          - Addresses, or domains with a leading C(@), that its mails come from.
          - "Set it for every shop of your own: other mails change nothing."
        type: list
        elements: str
      link_hosts:
        description:
          - Hosts whose links are shown; a leading dot stands for all hosts below.
          - "Set it for every shop of your own: other links are not shown."
        type: list
        elements: str
      expected:
        description:
          - Mails that have to come, each a finding when it does not.
          - Set it when they differ from those of the base.
        type: list
        elements: dict
        suboptions:
          kind:
            description:
              - Kind of the mail.
              - Always set it.
            type: str
            required: true
            choices:
              - advance_notice
              - renewal_notice
              - invoice
              - payment_received
              - application_invitation
              - applied_automatically
              - received
              - validation_token
              - approval_request
              - documents_asked
              - phone_call_arranged
              - online_confirmation
              - certificate
              - reissue_notice
              - expiry_reminder
              - rejection
              - cancellation
              - revocation_warning
              - not_understood
          latest_days:
            description:
              - So many days after what brings it, at the latest.
              - Always set it.
            type: int
            required: true
      shapes:
        description:
          - How mails of a kind are recognised, looked at before those of the base.
          - Set it when mails are not understood.
        type: list
        elements: dict
        suboptions:
          kind:
            description:
              - Kind of the mails that fit.
              - Always set it.
            type: str
            required: true
            choices:
              - advance_notice
              - renewal_notice
              - invoice
              - payment_received
              - application_invitation
              - applied_automatically
              - received
              - validation_token
              - approval_request
              - documents_asked
              - phone_call_arranged
              - online_confirmation
              - certificate
              - reissue_notice
              - expiry_reminder
              - rejection
              - cancellation
              - revocation_warning
              - not_understood
          subject:
            description:
              - Words of which the subject holds one.
              - Set it where subjects tell the kind.
            type: list
            elements: str
          body:
            description:
              - Words that the text holds, all of them.
              - Set it where subjects do not tell the kind.
            type: list
            elements: str
          without:
            description:
              - Words of which subject and text hold none.
              - Set it where mails of another kind hold the same words.
            type: list
            elements: str
          needs:
            description:
              - Values, named as in O(providers[].labels), that the mail has to hold.
              - Set it where only mails with such values are of this kind.
            type: list
            elements: str
      labels:
        description:
          - Words in front of values in mails, looked at before those of the base.
          - Set it when values in mails are not understood.
        type: dict
        suboptions:
          order_number:
            description:
              - Words in front of the shop's number of the order.
              - Set it when they are not understood.
            type: list
            elements: str
          names:
            description:
              - Words in front of host names.
              - Set it when they are not understood.
            type: list
            elements: str
          invoice_number:
            description:
              - Words in front of the invoice's number.
              - Set it when they are not understood.
            type: list
            elements: str
          amount:
            description:
              - Words in front of the amount.
              - Set it when they are not understood.
            type: list
            elements: str
          tax:
            description:
              - Words in front of the tax.
              - Set it when they are not understood.
            type: list
            elements: str
          due_on:
            description:
              - Words in front of the last day.
              - Set it when they are not understood.
            type: list
            elements: str
          code:
            description:
              - Words in front of an approval code.
              - Set it when they are not understood.
            type: list
            elements: str
          wanted:
            description:
              - Words in front of what is asked for.
              - Set it when they are not understood.
            type: list
            elements: str
          token_path:
            description:
              - Words in front of token path.
              - Set it when they are not understood.
            type: list
            elements: str
          token_content:
            description:
              - Words in front of token content.
              - Set it when they are not understood.
            type: list
            elements: str
          record_name:
            description:
              - Words in front of record name.
              - Set it when they are not understood.
            type: list
            elements: str
          record_type:
            description:
              - Words in front of record type.
              - Set it when they are not understood.
            type: list
            elements: str
          record_value:
            description:
              - Words in front of record value.
              - Set it when they are not understood.
            type: list
            elements: str
      form:
        description:
          - The fields of the application form, in their order.
          - Set it so that the application sheet names them as the form does.
        type: list
        elements: dict
        suboptions: &fields
          source:
            description:
              - What is entered there.
              - Always set it.
            type: str
            required: true
            choices:
              - product
              - action
              - common_name
              - additional_names
              - name_count
              - csr
              - key_type
              - validation_methods
              - approvers
              - legal_name
              - local_name
              - street_address
              - locality
              - state
              - postal_code
              - country
              - address_line
              - telephone
              - duns_number
              - record_number
              - responsible_name
              - responsible_family_name
              - responsible_given_name
              - responsible_title
              - responsible_email
              - responsible_extension
              - responsible_hours
              - technical_name
              - technical_family_name
              - technical_given_name
              - technical_title
              - technical_email
              - technical_extension
              - replaced_serial
              - replaced_end
              - order_number
              - own_reference
          label:
            description:
              - What the form calls the field.
              - Always set it.
            type: str
            required: true
          longest:
            description:
              - How many characters the field takes.
              - Set it where the form says so; the application sheet warns of a value that is longer.
            type: int
      reissue_form:
        description:
          - The fields of the reissue form, in their order.
          - Set it so that the application sheet names them as the form does.
        type: list
        elements: dict
        suboptions: *fields
"""
