"""Whether a sentence keeps the relations of its evidence: roles, modality, causes, order."""
