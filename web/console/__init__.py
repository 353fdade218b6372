"""The console: what operators, approvers, administrators and auditors do in a browser.

One module a noun: parse, act, render. No SQL and no rule is written here.
"""
