"""The part of Stripe's API that Goodword uses, over HTTP under /v1, as Stripe answers it."""
