/// What this build is called.
public enum PerchVersion {
    /// Semantic version of Perch.
    public static let current = "0.1.0"
    /// What the Prometheus API reports, since clients switch features on by it.
    public static let prometheusCompatible = "3.7.0"
    /// What the Tempo API reports, for the same reason.
    public static let tempoCompatible = "3.0.0"
    /// What the Loki API reports, for the same reason.
    public static let lokiCompatible = "3.5.0"
    /// What the Alertmanager API reports, for the same reason.
    public static let alertmanagerCompatible = "0.28.0"
}
