"""The upper floor: hospitals and universities abroad.

api            the REST contract, the only home of DRF
referrals      a partner's referral and the case it opened
institutions   the partner institution and its API credentials

Imports only point down this list, then to `patients` and `offices`.
"""
