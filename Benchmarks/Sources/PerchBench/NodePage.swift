/// A page of the shape and size that a node exporter on a machine with eight cores shows.
enum NodePage {
    static func make(isOpenMetrics: Bool) -> (bytes: [UInt8], samples: Int) {
        var writer = Writer(isOpenMetrics: isOpenMetrics)
        let modes = ["idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"]
        writer.family("node_cpu_seconds_total", "counter", "Seconds the CPUs spent in each mode.") { writer in
            for cpu in 0..<8 {
                for mode in modes {
                    writer.sample("{cpu=\"\(cpu)\",mode=\"\(mode)\"}", "\(writer.whole(9_000_000)).\(writer.whole(90) + 10)")
                }
            }
        }
        let disks = ["dm-0", "dm-1", "nvme0n1", "nvme1n1", "sda", "sdb"]
        for (name, isFraction) in [
            ("reads_completed_total", false), ("reads_merged_total", false), ("read_bytes_total", false), ("read_time_seconds_total", true),
            ("writes_completed_total", false), ("writes_merged_total", false), ("written_bytes_total", false),
            ("write_time_seconds_total", true), ("io_time_seconds_total", true),
            ("io_time_weighted_seconds_total", true),
            ("discards_completed_total", false), ("flush_requests_total", false),
        ] {
            writer.family("node_disk_" + name, "counter", "What the disks did: \(name).") { writer in
                for disk in disks {
                    writer.sample(
                        "{device=\"\(disk)\"}", isFraction ? "\(writer.whole(90_000)).\(writer.whole(900) + 100)" : writer.integer())
                }
            }
        }
        for name in ["avail_bytes", "size_bytes", "free_bytes", "files", "files_free", "readonly", "device_error"] {
            writer.family("node_filesystem_" + name, "gauge", "Of the file systems: \(name).") { writer in
                for mount in ["/", "/boot", "/boot/efi", "/home", "/run", "/var/lib/containers"] {
                    writer.sample("{device=\"/dev/mapper/vg-\(mount.count)\",fstype=\"ext4\",mountpoint=\"\(mount)\"}", writer.integer())
                }
            }
        }
        for direction in ["receive", "transmit"] {
            for name in ["bytes", "compressed", "drop", "errs", "fifo", "frame", "multicast", "packets"] {
                writer.family("node_network_\(direction)_\(name)_total", "counter", "Of the network devices: \(direction) \(name).") {
                    writer in
                    for device in ["cni0", "docker0", "eth0", "eth1", "lo", "wg0"] {
                        writer.sample("{device=\"\(device)\"}", writer.integer())
                    }
                }
            }
        }
        for index in 0..<48 {
            writer.family("node_memory_Field\(index)_bytes", "gauge", "Memory information field Field\(index)_bytes.") { writer in
                writer.sample("", "\(writer.whole(9)).\(writer.whole(900_000) + 100_000)e+0\(writer.whole(2) + 8)")
            }
        }
        for index in 0..<120 {
            writer.family("node_netstat_Tcp_Counter\(index)", "untyped", "Statistic TcpCounter\(index).") { $0.sample("", $0.integer()) }
        }
        for collector in 0..<40 {
            writer.family("node_scrape_collector_\(collector)_duration_seconds", "gauge", "Duration of a collector's scrape.") { writer in
                writer.sample("{collector=\"collector\(collector)\"}", "0.000\(writer.whole(900_000) + 100_000)")
            }
        }
        if isOpenMetrics { writer.bytes += Array("# EOF\n".utf8) }
        return (writer.bytes, writer.samples)
    }

    private struct Writer {
        var bytes: [UInt8] = []
        var samples = 0
        private let isOpenMetrics: Bool
        private var name = ""
        private var generator = SeededGenerator(seed: 3)

        init(isOpenMetrics: Bool) { self.isOpenMetrics = isOpenMetrics }

        mutating func family(_ name: String, _ type: String, _ help: String, _ write: (inout Writer) -> Void) {
            self.name = name
            // OpenMetrics calls a family of counters by what stands before `_total`.
            let family = isOpenMetrics && type == "counter" ? String(name.dropLast("_total".count)) : name
            bytes += Array("# HELP \(family) \(help)\n# TYPE \(family) \(isOpenMetrics && type == "untyped" ? "unknown" : type)\n".utf8)
            write(&self)
        }

        mutating func sample(_ labels: String, _ value: String) {
            bytes += Array("\(name)\(labels) \(value)\n".utf8)
            samples += 1
        }

        mutating func whole(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

        /// A count as Go prints one: with an exponent from 1e+06 on.
        mutating func integer() -> String {
            switch whole(3) {
            case 0: "0"
            case 1: String(whole(1_000_000))
            default: "\(whole(9) + 1).\(whole(900_000_000) + 100_000_000)e+\(whole(4) + 9)"
            }
        }
    }
}
