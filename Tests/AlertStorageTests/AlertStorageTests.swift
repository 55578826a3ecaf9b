// Tests of AlertStorage.
