internal import PushFormats
internal import TelemetryModel

extension GraphiteLine {
    /// The labels of the line's series.
    ///
    /// - Parameter keepsNames: whether names stay as they are; otherwise they become classic ones.
    func labels(keepsNames: Bool) -> [Label] {
        var labels: [Label] = []
        for tag in tags {
            let name = keepsNames ? String(decoding: tag.name, as: UTF8.self) : NameSanitizing.labelName(tag.name)
            labels.removeAll { $0.name == name }
            labels.append(Label(name: name, value: String(decoding: tag.value, as: UTF8.self)))
        }
        labels.removeAll { $0.name == LabelName.metricName }
        let name = keepsNames ? String(decoding: path, as: UTF8.self) : NameSanitizing.metricName(path)
        labels.append(Label(name: LabelName.metricName, value: name))
        return labels
    }
}
