"""Facts in sets: each function reads what one stage or one page needs, in one statement."""
