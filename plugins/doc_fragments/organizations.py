# Copyright (c) 2026, koshin.tls contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The organizations that certificates are issued to, and their people."""

    DOCUMENTATION = r"""
options:
  organizations:
    description:
      - The organizations that certificates are issued to, as in the variable C(tls_organizations).
      - Give all of them; write their fields letter for letter as the authoritative record shows them.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Identifier of the organization.
          - Certificates name it in C(organization).
        type: str
        required: true
      local_name:
        description:
          - Its name in the local language.
          - Set it when people know it by that.
        type: str
      legal_name:
        description:
          - English name, as in the record.
          - Always set it.
        type: str
        required: true
      street_address:
        description:
          - Street, house and building.
          - Always set it.
        type: str
        required: true
      locality:
        description:
          - City, ward or town.
          - Always set it.
        type: str
        required: true
      state:
        description:
          - State, province or prefecture.
          - Always set it.
        type: str
        required: true
      postal_code:
        description:
          - Postal code.
          - Always set it; write it in quotes.
        type: str
        required: true
      country:
        description:
          - Country, two capital letters (ISO 3166-1).
          - Always set it; write it in quotes.
        type: str
        required: true
      telephone:
        description:
          - Representative telephone number.
          - Always set it; write it in quotes.
        type: str
        required: true
      records:
        description:
          - What public and other sources show of it.
          - Set one for each source that a certificate authority compares with.
        type: list
        elements: dict
        suboptions:
          source:
            description:
              - Where it was looked up.
              - V(vetted) is the organization as a certificate authority has vetted it.
            type: str
            required: true
            choices: [duns, corporate_number, lei, vetted]
          number:
            description:
              - Its number there; hyphens do not count.
              - Write it in quotes, or YAML may take it for a number.
            type: str
            required: true
          checked_on:
            description:
              - The day it was looked up, as in C(2026-11-23).
              - Set it whenever somebody looks; an old look is a finding.
            type: str
          checked_by:
            description:
              - Who looked it up.
              - Set it together with O(organizations[].records[].checked_on).
            type: str
          legal_name:
            description:
              - English name in this record.
              - Set it when this record differs from the organization's own field.
            type: str
          street_address:
            description:
              - Street, house and building in this record.
              - Set it when this record differs from the organization's own field.
            type: str
          locality:
            description:
              - City, ward or town in this record.
              - Set it when this record differs from the organization's own field.
            type: str
          state:
            description:
              - State, province or prefecture in this record.
              - Set it when this record differs from the organization's own field.
            type: str
          postal_code:
            description:
              - Postal code in this record.
              - Set it when this record differs from the organization's own field.
            type: str
          country:
            description:
              - Country in this record, two capital letters.
              - Set it when this record differs from the organization's own field.
            type: str
          telephone:
            description:
              - Representative telephone number in this record.
              - Set it when this record differs from the organization's own field.
            type: str
      contacts:
        description:
          - Names of people (C(tls_people)) by what they do for it.
          - Set those that a certificate authority asks for.
        type: dict
        suboptions:
          responsible:
            description:
              - Who can be reached at the representative number and answers the authority's call.
              - Set it for every organization that certificates are issued to.
            type: str
          technical:
            description:
              - Who gets the certificates.
              - Set it when somebody should be named.
            type: str
          requester:
            description:
              - Who asks for certificates.
              - Set it when somebody should be named.
            type: str
          approver:
            description:
              - Who approves requests.
              - Set it when somebody should be named.
            type: str
          payer:
            description:
              - Who pays.
              - Set it when the authority costs money.
            type: str
  people:
    description:
      - The people that organizations name as their contacts, as in the variable C(tls_people).
      - Give all of them; their data stays on the control host.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Identifier of the person.
          - Contacts name it.
        type: str
        required: true
      family_name:
        description:
          - Family name, as the application carries it.
          - Always set it.
        type: str
        required: true
      given_name:
        description:
          - Given name, as the application carries it.
          - Always set it.
        type: str
        required: true
      email:
        description:
          - Mail address.
          - Always set it.
        type: str
        required: true
      title:
        description:
          - Position in the organization.
          - Set it when the authority asks for it.
        type: str
      extension:
        description:
          - Extension behind the representative number.
          - Set it when the switchboard needs it.
        type: str
      hours:
        description:
          - When the person can be reached.
          - Set it when that is not always.
        type: str
      deputy:
        description:
          - Name of the person who stands in.
          - Set it when somebody does.
        type: str
      left_on:
        description:
          - The day the person left, as in C(2026-11-23).
          - Set it as soon as it is known; who left cannot be responsible.
        type: str
      awx_user:
        description:
          - Name of the person's user in AWX, by default the person's name.
          - Set it where they differ, so that what the user confirms in AWX counts as the person's.
        type: str
"""
