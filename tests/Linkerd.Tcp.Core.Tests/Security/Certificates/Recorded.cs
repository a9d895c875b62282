namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>Files that OpenSSL 3.0 and OpenSSH have written. The keys are for these tests alone.</summary>
internal static class Recorded
{
    /// <summary>A self-signed certificate for recorded.example with the key of <see cref="EcKey"/>: openssl req -x509.</summary>
    public const string Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBqzCCAVCgAwIBAgIUac3sCdq4x7vXpzb1IzrE6maGhvMwCgYIKoZIzj0EAwIw
        GzEZMBcGA1UEAwwQcmVjb3JkZWQuZXhhbXBsZTAgFw0yNjExMzAxMDQ1MjhaGA8y
        MTI2MTEwNjEwNDUyOFowGzEZMBcGA1UEAwwQcmVjb3JkZWQuZXhhbXBsZTBZMBMG
        ByqGSM49AgEGCCqGSM49AwEHA0IABFdy4ITuy5jeyJ6l4GYuJgBASD375sKqt+tS
        ldp62aipI+pXZoiq0/ffQkr3eqdjU063Msk9NXrtkXOG+ylNLkqjcDBuMB0GA1Ud
        DgQWBBToCf3XUzxnqpXi1qnuCAy1wZo96jAfBgNVHSMEGDAWgBToCf3XUzxnqpXi
        1qnuCAy1wZo96jAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEHJlY29yZGVk
        LmV4YW1wbGUwCgYIKoZIzj0EAwIDSQAwRgIhAPjtppjkh2q+ZhZ1qjarD3MQdO0s
        l9lziQPzL+yJZv0lAiEAhLjPh0bnYf4HmYcS8AI56sF88vFk+eXu1CmmTPXpvFA=
        -----END CERTIFICATE-----

        """;

    /// <summary>openssl ecparam -name prime256v1 -genkey: the parameters are a block before the key.</summary>
    public const string EcKey = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIFZIqx2hRkNL03jj1aF3RGKaDVJ8vmZxPdqXD3q36usLoAoGCCqGSM49
        AwEHoUQDQgAEV3LghO7LmN7InqXgZi4mAEBIPfvmwqq361KV2nrZqKkj6ldmiKrT
        999CSvd6p2NTTrcyyT01eu2Rc4b7KU0uSg==
        -----END EC PRIVATE KEY-----

        """;

    /// <summary>The same key: openssl ec -aes256, the passphrase is "secret".</summary>
    public const string TraditionalEncryptedKey = """
        -----BEGIN EC PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-256-CBC,20C5B1390C39E794DA84B56338CBFF95

        e+MOfVBA8nkBKSYco5/0BB++qeAXPrsCainb0UHukZwuG3is00QjkiX63CVaVecf
        6d4uuYeVDX1+lG7HMtbmffV68wkguNLbLlTMf35b0cEQ3KZmKowBQYsJW6vCRaAa
        ieyEvqJ0RlPfK4OR9iXpzlz9xXf1PEDrTNOpOQwGgn4=
        -----END EC PRIVATE KEY-----

        """;

    /// <summary>The same key: openssl pkcs8 -topk8 -v2 aes256.</summary>
    public const string EncryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhUdt5ckz/MRAICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJ5SEI9Aa6T+v/A8mgsSaJsEgZDr
        BSQC45ZJPwPO19NL+DwXibQgnDMl1G7UGonG3beZDZWgw61ew1sJQGpSRxtRUme0
        jJvsOHWU8em8eyXybVD2y/OKaYDKM8MBle+v+bN36UyWbvHKiQuXS0CP/M6Axe3W
        tWMBEGDBt9F3Dl7OulHDWhbZbFkgO3Wx1mFFulxT1cDH150VHHiPUZjRc76qkFo=
        -----END ENCRYPTED PRIVATE KEY-----

        """;

    /// <summary>The same key: openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES.</summary>
    public const string EncryptedKeyOldScheme = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGxMBwGCiqGSIb3DQEMAQMwDgQIQijkKrQUWlgCAggABIGQuVYs8zW85IfoqJ89
        LM/ULErNf6v2Gb7eHYSI7DxCxn4HDiciapubhhjXL9Pj5N0we8q+BqoKF0pQsjck
        05+aRStwzvPtASF5tPxZkCwwOb3Wc6i6qvuEDipgPxgxrB/4Z2+0mkF5LVRsYgzj
        txezeC3zKd/Yhm05r8ohh685OEvC2iszNrd5TFEoNPf1soXQ
        -----END ENCRYPTED PRIVATE KEY-----

        """;

    /// <summary>The same key: openssl pkcs8 -topk8 -scrypt.</summary>
    public const string EncryptedKeyScrypt = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAijgeIWXwykIQICQAAC
        AQgCAQEwHQYJYIZIAWUDBAEqBBCFbw1UvTuams+lydhzwvBkBIGQLWPhM+2Buypo
        xr70GSgGmi57ma4SSHUX0c4nHasi6awzjvOyI4ViqLLpBdKIzl9B/r31W1TFU9AC
        bi+X9u0qPq5KDq3fIn/OvgdRLCLPSRVahG8H+Mt1GnIqd0wiUNj/Shn9pmPmRiDn
        sdE9HVJc8pUlQzzNDKQBEfOqoyl6PySAnqVXVrQOqZ50qLe+lR9c
        -----END ENCRYPTED PRIVATE KEY-----

        """;

    /// <summary>openssl genpkey -algorithm ed25519.</summary>
    public const string Ed25519Key = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIOU8C/pe9VNAD5Mw15A6813+LjQ/23hkCBemt+X8TVEC
        -----END PRIVATE KEY-----

        """;

    /// <summary>A self-signed certificate with that key.</summary>
    public const string Ed25519Certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBQDCB86ADAgECAhQphzfUzkG/tQUJwXY45qIr5buCljAFBgMrZXAwFTETMBEG
        A1UEAwwKZWQuZXhhbXBsZTAgFw0yNjExMzAxMDQ1MjhaGA8yMTI2MTEwNjEwNDUy
        OFowFTETMBEGA1UEAwwKZWQuZXhhbXBsZTAqMAUGAytlcAMhAP9TYOYVd6PFy+q4
        T3mfWjX/EUIbUWjX/4owMjSfP7MEo1MwUTAdBgNVHQ4EFgQUNBQhPzSH2FSyqBSj
        jKYYsta4WGowHwYDVR0jBBgwFoAUNBQhPzSH2FSyqBSjjKYYsta4WGowDwYDVR0T
        AQH/BAUwAwEB/zAFBgMrZXADQQBPuVb+Zw5WHSBzcDMHbiiXzE+uGC6Km3XPm6Bw
        vfkM/RSJdaUo7llNv3aLxe0fl7DFhGqUmSFadzcQAaXAkFoP
        -----END CERTIFICATE-----

        """;

    /// <summary>openssl req -new.</summary>
    public const string Request = """
        -----BEGIN CERTIFICATE REQUEST-----
        MIHFMG4CAQAwDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
        BFdy4ITuy5jeyJ6l4GYuJgBASD375sKqt+tSldp62aipI+pXZoiq0/ffQkr3eqdj
        U063Msk9NXrtkXOG+ylNLkqgADAKBggqhkjOPQQDAgNHADBEAiBouOkeZciGnp97
        YAxMiV7/IWaQMVX/ImkY+GjQf1TbPgIge5XINcMFlgwGcOdcK4doUpuX9sr2OS4M
        hWi7NwRGxTA=
        -----END CERTIFICATE REQUEST-----

        """;

    /// <summary>openssl crl2pkcs7 -nocrl.</summary>
    public const string Pkcs7 = """
        -----BEGIN PKCS7-----
        MIIB2gYJKoZIhvcNAQcCoIIByzCCAccCAQExADALBgkqhkiG9w0BBwGgggGvMIIB
        qzCCAVCgAwIBAgIUac3sCdq4x7vXpzb1IzrE6maGhvMwCgYIKoZIzj0EAwIwGzEZ
        MBcGA1UEAwwQcmVjb3JkZWQuZXhhbXBsZTAgFw0yNjExMzAxMDQ1MjhaGA8yMTI2
        MTEwNjEwNDUyOFowGzEZMBcGA1UEAwwQcmVjb3JkZWQuZXhhbXBsZTBZMBMGByqG
        SM49AgEGCCqGSM49AwEHA0IABFdy4ITuy5jeyJ6l4GYuJgBASD375sKqt+tSldp6
        2aipI+pXZoiq0/ffQkr3eqdjU063Msk9NXrtkXOG+ylNLkqjcDBuMB0GA1UdDgQW
        BBToCf3XUzxnqpXi1qnuCAy1wZo96jAfBgNVHSMEGDAWgBToCf3XUzxnqpXi1qnu
        CAy1wZo96jAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEHJlY29yZGVkLmV4
        YW1wbGUwCgYIKoZIzj0EAwIDSQAwRgIhAPjtppjkh2q+ZhZ1qjarD3MQdO0sl9lz
        iQPzL+yJZv0lAiEAhLjPh0bnYf4HmYcS8AI56sF88vFk+eXu1CmmTPXpvFAxAA==
        -----END PKCS7-----

        """;

    /// <summary>openssl x509 -trustout.</summary>
    public const string TrustedCertificate = """
        -----BEGIN TRUSTED CERTIFICATE-----
        MIIBqzCCAVCgAwIBAgIUac3sCdq4x7vXpzb1IzrE6maGhvMwCgYIKoZIzj0EAwIw
        GzEZMBcGA1UEAwwQcmVjb3JkZWQuZXhhbXBsZTAgFw0yNjExMzAxMDQ1MjhaGA8y
        MTI2MTEwNjEwNDUyOFowGzEZMBcGA1UEAwwQcmVjb3JkZWQuZXhhbXBsZTBZMBMG
        ByqGSM49AgEGCCqGSM49AwEHA0IABFdy4ITuy5jeyJ6l4GYuJgBASD375sKqt+tS
        ldp62aipI+pXZoiq0/ffQkr3eqdjU063Msk9NXrtkXOG+ylNLkqjcDBuMB0GA1Ud
        DgQWBBToCf3XUzxnqpXi1qnuCAy1wZo96jAfBgNVHSMEGDAWgBToCf3XUzxnqpXi
        1qnuCAy1wZo96jAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEHJlY29yZGVk
        LmV4YW1wbGUwCgYIKoZIzj0EAwIDSQAwRgIhAPjtppjkh2q+ZhZ1qjarD3MQdO0s
        l9lziQPzL+yJZv0lAiEAhLjPh0bnYf4HmYcS8AI56sF88vFk+eXu1CmmTPXpvFA=
        -----END TRUSTED CERTIFICATE-----

        """;

    /// <summary>openssl ec -pubout.</summary>
    public const string PublicKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEV3LghO7LmN7InqXgZi4mAEBIPfvm
        wqq361KV2nrZqKkj6ldmiKrT999CSvd6p2NTTrcyyT01eu2Rc4b7KU0uSg==
        -----END PUBLIC KEY-----

        """;

    /// <summary>ssh-keygen -t ecdsa.</summary>
    public const string OpenSshKey = """
        -----BEGIN OPENSSH PRIVATE KEY-----
        b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS
        1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQRa5SCmQVAnl9oyeuQJV+VKtlyzlgcy
        eDpBvyyLzybJ3xjxp+ZZIZ1rokFOzilC8/nIzB2FruEber9NyPQ1zhkqAAAAoP+JHHr/iR
        x6AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFrlIKZBUCeX2jJ6
        5AlX5Uq2XLOWBzJ4OkG/LIvPJsnfGPGn5lkhnWuiQU7OKULz+cjMHYWu4Rt6v03I9DXOGS
        oAAAAgK1lO+PD3B6r3/pFsTYNwqodM48rmEAOsZyrhEEkYZAQAAAABeAECAwQFBgc=
        -----END OPENSSH PRIVATE KEY-----

        """;

    /// <summary>A certificate that is signed with SHA-1, and its key: openssl x509 -req -sha1.</summary>
    public const string Sha1Bundle = """
        -----BEGIN CERTIFICATE-----
        MIIBkDCCATagAwIBAgIUOjpTtscAsA76IJEq9bt8KTh5kEEwCQYHKoZIzj0EATAb
        MRkwFwYDVQQDDBByZWNvcmRlZC5leGFtcGxlMCAXDTI2MTEzMDEwNTM0N1oYDzIx
        MjYxMTA2MTA1MzQ3WjAXMRUwEwYDVQQDDAxzaGExLmV4YW1wbGUwWTATBgcqhkjO
        PQIBBggqhkjOPQMBBwNCAATwlx0Tan5ZCZa2GyKlxLbcACm0v2ENJj2vfzZAE9CJ
        SRUfEvBHF1kk6r0+GcUioJQUVvjs059RyILUZzvGTiKao1swWTAXBgNVHREEEDAO
        ggxzaGExLmV4YW1wbGUwHQYDVR0OBBYEFMTjt1BJpFcr0Sw/aK0ttxLLarv6MB8G
        A1UdIwQYMBaAFOgJ/ddTPGeqleLWqe4IDLXBmj3qMAkGByqGSM49BAEDSQAwRgIh
        ANmvzTYqPFmhrtE6FrYrVaT+hUYgksPbbebgLp4IVbsXAiEA6kxyBTTUnMPKVs6N
        4HIAvZfk0Uhz4bXPcv8+DlpNSuI=
        -----END CERTIFICATE-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEILmjeke7+9p+8VEmXTTswlrdovgLxnRjbDhSABUHl7buoAoGCCqGSM49
        AwEHoUQDQgAE8JcdE2p+WQmWthsipcS23AAptL9hDSY9r382QBPQiUkVHxLwRxdZ
        JOq9PhnFIqCUFFb47NOfUciC1Gc7xk4img==
        -----END EC PRIVATE KEY-----
        """;

    /// <summary>The certificate and its key, the passphrase is "secret": openssl pkcs12 -export.</summary>
    public const string Pfx =
        "MIIEPAIBAzCCA/IGCSqGSIb3DQEHAaCCA+MEggPfMIID2zCCApIGCSqGSIb3DQEHBqCCAoMwggJ/AgEAMIICeAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjm5lL0mi+rRwICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOBDkvVllLvYAjQhyMWofTSAggIQBCzHvUbkKlV3LwbCoR3+Yke6CPTU8NYGwofWIHD5cowgnbpa5kxVppg4Qnd35iowwhgtxPIY1wyY0HqxGXcXYFfzawNzQNJ94LkLySLSSoZywm3Cfyqifjgid/7mlnkyu2K7oJsl/fWjWjCPvm2uG+Vs8VoE9pYbKoxRpS8WlZw4fpzFxUxXYk8Jxec87bKMjBnXtw9oXcRNrIPrNvNtapEWPTgj4SR3LHVXguxVUAbJUIk42Tconu40UPWhVpk/sQn69wz9RKNfLXPocBG8R/t6Ef7xPKVKj1YmKXGk44Gabe7vfe05P6yhmD+okcje0ezS7l5pVrJMEJbaX1NopzdjmYg8eaBPTQwlsOvjxK795PLq2zwd+0mNWg9hum6dRjNBJlG4m+eP03FDumyFozDzaO76LN4Y2ZhfiVfXkuGE766Xiu+Bs3AaEaPfqezi6Fxh7+/5yEl7sfXrrT1bqRVGViFji0baQ0xxcufySg5U4M9IwxrJgrNtkVZy9irN0cddRB9oeOqWIsl5mR6nx4Ijdqf61JCy0hzVkWPFW+0+Xw6VRLIC4aHtH6fxopa4f+ohGKKjrTsBVrUiarwU9+8RXBP8pFRRNVvfuPYHwHAYDbUjmoPGaUoTcW3e8Ok5B4LWiEIBIXYOGQsoA0MhmXSRyuxkjbQ3HB5FIHfd02D087Epy1pcAsnMlHfeeoGtMIIBQQYJKoZIhvcNAQcBoIIBMgSCAS4wggEqMIIBJgYLKoZIhvcNAQwKAQKgge8wgewwVwYJKoZIhvcNAQUNMEowKQYJKoZIhvcNAQUMMBwECF1Lc8/hC/C2AgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQ9c1Jr/IyZhObY7/8qyT1bASBkCnXhDRXLlDaJSLxBtduhI4nBJyfwTvKZXCnzN1fubcfSsQXaMduIbiSAbqSs/Kb+8S7IGZ5MW+AlMJvTCzCz5eQKiJptwDeVFXDZYjQZEfmU1jOzukmnVLmdsfD4mZDMEwgFcmSAExe0x1sEMO5P+yX2o0CPhyYZOZ/a4IPvniMQ1JveaveW2+ObDnAec0sNzElMCMGCSqGSIb3DQEJFTEWBBQdgfdqjMajVC3TF04BrZMN/ro1UDBBMDEwDQYJYIZIAWUDBAIBBQAEIPk2HLatBrefDer5N1ulrukIzL7xer5IIjCzlskw1lG4BAirwML5errzXAICCAA=";

    /// <summary>openssl pkcs12 -export -legacy: the certificate is encrypted with RC2 of 40 bits.</summary>
    public const string PfxLegacy =
        "MIIDqgIBAzCCA3AGCSqGSIb3DQEHAaCCA2EEggNdMIIDWTCCAk8GCSqGSIb3DQEHBqCCAkAwggI8AgEAMIICNQYJKoZIhvcNAQcBMBwGCiqGSIb3DQEMAQYwDgQIan23NzqJB5ICAggAgIICCDheOLuxgrgf2rjPJ6VgTluQjxu2hDEbhsopY5Q/YN3vsdRcL7MkHpiCSpWQNNytbgnmzuQ1Yu8VB4BjbCfQtNeeJYKEOUDwjJOvLBjxYaR0Cp2m2F6O9EuvXxWjNx0YvV4oWRGuTFt+YFVmFLZ/65fL2C4BMCtLTT8VU0SHrvW9GqwNac67kPvmWvodVkp85G0SEqVNkdfc4/+1Ea+NCrfC+/IrW9jkjeC1txiVJuBrinxDtRfgX02foFajW3EOcYlWPCmJWYQ9vHpy4yrA/sxOz+yFihvixVwJe4NeyeZUJF40pXzqalwUhgo+wLk+ooi8uKKWZo/7giPc1HfR2YnZSN3CK8zh3BhpLO33p+0PyHIevbteMRtErLBo8wbIkaA4rrCTW432Y0rWZASNpR1qlNh2Km2MSwY+df+PiLpdAHu+JaQmnIjDqOrc4zFHCTV8W9JJxzCY37RAi9EdLX2GJif5Nzogqkw+IrbCiQUz/O7ghxOyADMAW55r+2SKUY9JsxrBgcv0goqLFL8IL4spdnO+nz15tYZDpRMTSFD/7JgKBiftZvV0hprDH6aQe79FGU3CgXXSxgySSJQH+gcUI4Fg7BMLRHza6eNWSyfpxHT7uaHHcdO/a8uf4qnFipy8aQYITXTsEVu0MBr1t/LR50gGxb80CtYyZYAGmVp4dZSyipulW84wggECBgkqhkiG9w0BBwGggfQEgfEwge4wgesGCyqGSIb3DQEMCgECoIG0MIGxMBwGCiqGSIb3DQEMAQMwDgQIMLI1YUCNGE0CAggABIGQ3ZIiCHPbnpRtp4BIk0O2mIjbH0y3Pn4j3f2CYA0RmHdsesCuubLhk//++DmdlbfCJ18luSkwffw830yeItqnlruczwPniaApEcUnb4FqH1QSjbgtdhDPfyVSSiSdSIOczrFlPlAVHvAMOrzO4wMjtcLmLgI273eUqcAt+WK0Sf2PyMnAxt9EloUL4X8BLMnvMSUwIwYJKoZIhvcNAQkVMRYEFB2B92qMxqNULdMXTgGtkw3+ujVQMDEwITAJBgUrDgMCGgUABBTe2c8s+dfq0cDYqdy4Kw4jc3l9PgQIjwQO+X9VfxUCAggA";

    public static IReadOnlyList<string> Pem { get; } =
    [
        Certificate, EcKey, TraditionalEncryptedKey, EncryptedKey, EncryptedKeyOldScheme, EncryptedKeyScrypt, Ed25519Key, Ed25519Certificate, Request, Pkcs7, TrustedCertificate, PublicKey, OpenSshKey, Sha1Bundle,
    ];
}
