import Testing

@testable import Settings

@Suite struct SettingsReaderListingsTests {
    @Test func `the reference, whole`() {
        var reader = SettingsReader()
        _ = SampleSettings(from: &reader)
        let expected = """
            # Configuration

            Flags (`--set key=value`) come first, then the environment, then the file, then the default.
            Write durations as `250ms`, `25s`, `2m` or `1h`, and sizes as `64KiB` or `1MiB`; a plain number means bytes.
            In the file, keys may be nested or dotted, and a list is a YAML list; elsewhere, put commas between its entries.

            ## public

            | key                     | type                    | default       | unit | environment                      | what it is |
            | ---                     | ----                    | -------       | ---- | -----------                      | ---------- |
            | `public.host`           | address                 | all addresses |      | `ATALAYA_PUBLIC_HOST`            | Where clients connect. |
            | `public.port`           | int: 0 to 65535         | 8080          |      | `ATALAYA_PUBLIC_PORT`            | The port clients connect to. |
            | `public.origins`        | list of text            | none          |      | `ATALAYA_PUBLIC_ORIGINS`         | Pages that may connect. |
            | `public.trustedProxies` | list of address or CIDR | none          |      | `ATALAYA_PUBLIC_TRUSTED_PROXIES` | Whose `X-Forwarded-For` is believed. |

            ## management

            | key                | type   | default | unit | environment                | what it is |
            | ---                | ----   | ------- | ---- | -----------                | ---------- |
            | `management.token` | secret | none    |      | `ATALAYA_MANAGEMENT_TOKEN` | What operators show. |

            ## engine

            | key            | type            | default    | unit    | environment            | what it is |
            | ---            | ----            | -------    | ----    | -----------            | ---------- |
            | `engine.loops` | int: at least 1 | one a core | threads | `ATALAYA_ENGINE_LOOPS` | How many event loops there are. |

            ## redis

            | key            | type                     | default  | unit | environment            | what it is |
            | ---            | ----                     | -------  | ---- | -----------            | ---------- |
            | `redis.url`    | URL: redis://, rediss:// | none     |      | `ATALAYA_REDIS_URL`    | The Redis that connects instances. |
            | `redis.prefix` | text                     | atalaya: |      | `ATALAYA_REDIS_PREFIX` | What channel names begin with. |

            ## heartbeat

            | key                  | type                  | default | unit        | environment                  | what it is |
            | ---                  | ----                  | ------- | ----        | -----------                  | ---------- |
            | `heartbeat.interval` | duration: at least 1s | 25s     | ms, s, m, h | `ATALAYA_HEARTBEAT_INTERVAL` | How often each client is pinged. |

            ## queue

            | key            | type                      | default | unit        | environment            | what it is |
            | ---            | ----                      | ------- | ----        | -----------            | ---------- |
            | `queue.age`    | duration: 0s to 1h        | 30s     | ms, s, m, h | `ATALAYA_QUEUE_AGE`    | How long data may wait. |
            | `queue.bytes`  | size: at least 1KiB       | 1MiB    | bytes       | `ATALAYA_QUEUE_BYTES`  | How much data may wait. |
            | `queue.policy` | choice: close, dropNewest | close   |             | `ATALAYA_QUEUE_POLICY` | What a full queue means: `a\\|b`. |

            ## limits

            | key                  | type            | default | unit | environment                  | what it is |
            | ---                  | ----            | ------- | ---- | -----------                  | ---------- |
            | `limits.connections` | int: at least 1 | none    |      | `ATALAYA_LIMITS_CONNECTIONS` | How many clients there may be. |

            ## compression

            | key                   | type | default | unit | environment                   | what it is |
            | ---                   | ---- | ------- | ---- | -----------                   | ---------- |
            | `compression.enabled` | bool | false   |      | `ATALAYA_COMPRESSION_ENABLED` | Whether messages are compressed. |

            ## cluster

            | key            | type | default | unit | environment            | what it is |
            | ---            | ---- | ------- | ---- | -----------            | ---------- |
            | `cluster.name` | text | none    |      | `ATALAYA_CLUSTER_NAME` | What this fleet is called. |

            ## auth

            | key               | type           | default | unit | environment               | what it is |
            | ---               | ----           | ------- | ---- | -----------               | ---------- |
            | `auth.jwt.secret` | list of secret | none    |      | `ATALAYA_AUTH_JWT_SECRET` | Keys that tokens are signed with. |

            """
        #expect(reader.reference == expected)
    }

    @Test func `the reference does not depend on any source`() {
        var bare = SettingsReader()
        _ = SampleSettings(from: &bare)
        var reader = SettingsReader(flags: [SettingsFlag(set: "public.port=1")], text: "queue.age: 1s")
        _ = SampleSettings(from: &reader)
        #expect(reader.reference == bare.reference)
    }

    @Test func `the effective configuration, whole`() {
        var reader = SettingsReader(
            flags: [
                SettingsFlag("--port", key: "public.port", value: "81"), SettingsFlag(set: "public.origins=a b,c"),
            ],
            environment: ["ATALAYA_MANAGEMENT_TOKEN": "hunter2", "ATALAYA_REDIS_URL": "rediss://u:pw@h:1/2"],
            text: "queue:\n  bytes: 65536\npublic.trustedProxies: []\nauth.jwt.secret: [x, y]\n"
        )
        _ = SampleSettings(from: &reader)
        let expected = """
            public.host:                          # default: all addresses
            public.port: 81                       # --port
            public.origins: ["a b", c]            # --set
            public.trustedProxies: []             # atalaya.yaml:3
            management.token:                     # <redacted>, ATALAYA_MANAGEMENT_TOKEN
            engine.loops: 7                       # default: one a core
            redis.url: rediss://u:REDACTED@h:1/2  # ATALAYA_REDIS_URL
            redis.prefix: "atalaya:"              # default
            heartbeat.interval: 25s               # default
            queue.age: 30s                        # default
            queue.bytes: 64KiB                    # atalaya.yaml:2
            queue.policy: close                   # default
            limits.connections:                   # default: none
            compression.enabled: false            # default
            cluster.name:                         # default: none
            auth.jwt.secret:                      # <redacted>, atalaya.yaml:4

            """
        #expect(reader.effectiveConfiguration == expected)
    }

    @Test func `but for secrets the effective configuration is a file that says the same`() {
        var reader = SettingsReader(
            flags: [
                "public.port=81", "public.origins=https://a.example,null,~,#x,a: b,- c",
                "redis.prefix=\"q\\\t'\u{1}é: ",
                "queue.age=1500ms", "queue.policy=dropNewest", "public.host=::1", "cluster.name=true",
                "public.trustedProxies=",
            ].map { SettingsFlag(set: $0) },
            text: ""
        )
        let settings = SampleSettings(from: &reader)
        #expect(reader.faults.isEmpty)
        var again = SettingsReader(text: reader.effectiveConfiguration)
        let same = SampleSettings(from: &again)
        #expect(again.faults.map(\.description) == [])
        #expect(same.origins == settings.origins)
        #expect(same.prefix == settings.prefix)
        #expect(again.effectiveSettings.map(\.texts) == reader.effectiveSettings.map(\.texts))
        #expect(again.fingerprint(leavingOut: []) == reader.fingerprint(leavingOut: []))
    }

    @Test func `the fingerprint tells configurations apart, and no secret`() {
        func fingerprint(_ assignments: String...) -> String {
            var reader = SettingsReader(flags: assignments.map { SettingsFlag(set: $0) }, text: "")
            _ = SampleSettings(from: &reader)
            return reader.fingerprint(leavingOut: ["public.host"])
        }
        #expect(fingerprint().count == 16)
        #expect(fingerprint() == fingerprint("public.port=8080"))
        #expect(fingerprint() == fingerprint("public.host=10.0.0.1"), "a key of each instance's own")
        #expect(fingerprint() != fingerprint("public.port=8081"))
        #expect(fingerprint() != fingerprint("management.token=a"))
        #expect(fingerprint("management.token=b") == fingerprint("management.token=a"))
    }
}
