"""Goodword runs a company's referral and partner program.

This package is the program itself and knows no framework: flows, commands and pages call it.
"""
