// Rule groups: their files, and how they are evaluated.
