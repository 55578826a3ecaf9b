// Tests of Notifications.
