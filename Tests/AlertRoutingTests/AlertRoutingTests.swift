// Tests of AlertRouting.
