// Tests of RuleTesting.
