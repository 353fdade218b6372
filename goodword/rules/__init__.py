"""Pure decisions: facts and a policy in, a decision out. Standard library only, no clock."""
