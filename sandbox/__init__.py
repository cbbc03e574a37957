"""A local EvoLink without the bill: the same contract, real videos made from the person's pictures."""
