using System.CommandLine;

namespace Linkerd.Tcp.LoadTest.Tls;

/// <summary>`load-test certificates`: the files for a proxy that is started by hand.</summary>
internal static class CertificatesCommand
{
    private static readonly Argument<string> Folder = new("folder") { Description = "Where the files are written" };

    private static readonly Option<CertificateKey> Key = new("--certificate-key") { Description = "Key of the certificate", DefaultValueFactory = static _ => CertificateKey.Ecdsa };

    public static Command Create()
    {
        var command = new Command("certificates", $"Makes ca.pem, server.pem, server.key and server-and-key.pem for {TestCertificates.Name}, for single runs with TLS") { Folder, Key };
        command.SetAction(static parsed =>
        {
            try
            {
                TestCertificates.Create(parsed.GetRequiredValue(Folder), parsed.GetValue(Key));
                return ExitCode.Success;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"error: {error.Message}");
                return ExitCode.Failure;
            }
        });
        return command;
    }
}
