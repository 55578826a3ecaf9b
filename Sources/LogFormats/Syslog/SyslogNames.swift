/// What the numbers of syslog are called.
public enum SyslogNames {
    /// By number, as `logger` and rsyslog write them.
    public static let facilities = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "security", "console",
        "solaris-cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ]

    /// By number, as `logger` and rsyslog write them.
    public static let severities = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]

    /// The levels of log entries that the severities stand for.
    public static let levels = ["fatal", "critical", "critical", "error", "warn", "info", "info", "debug"]
}
