"""The middle floor: a patient's journey, from the first question on.

portal   the pages patients and families see
cases    the case: stage, promise, messages; the coordinator's admin
intake   the patient, what was asked for, and the consent given with it

Imports only point down this list, then to `offices`; never to `partners`.
"""
