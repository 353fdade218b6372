"""Local stand-ins over real protocols, on loopback: Salesforce, Stripe and an SMTP mailbox."""
