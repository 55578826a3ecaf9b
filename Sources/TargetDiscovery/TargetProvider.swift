/// One mechanism that finds targets: a list in the configuration, files, a service registry.
///
/// This is the border at which mechanisms are added: each is one type that conforms.
public protocol TargetProvider: Sendable {
    /// The mechanism's name as in configuration files, without `_sd_configs`: `static`, `file`, `dns` …
    var mechanism: String { get }

    /// Looks for targets until the task is cancelled, and reports what it finds and every change to it.
    ///
    /// The first report must come as soon as the mechanism knows its targets, even if there are none. Trouble is reported, not
    /// thrown: a provider keeps trying, and what it reported before stays in force. A provider whose targets never
    /// change may return after its first report.
    func watch(_ report: @escaping @Sendable (DiscoveryEvent) -> Void) async
}

/// What a ``TargetProvider`` has to say.
public enum DiscoveryEvent: Sendable, Hashable {
    /// Groups that are new or have changed. A group without targets removes the one with its source.
    case groups([TargetGroup])
    /// Targets could not be found out this time; the reason is one line for a person.
    case failure(String)
}
