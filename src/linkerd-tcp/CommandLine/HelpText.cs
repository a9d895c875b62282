using System.Reflection;
using System.Text;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>The output of <c>--help</c> and <c>--version</c>: the original's layout, then the later options.</summary>
internal static class HelpText
{
    /// <summary>One line, after every error too.</summary>
    public const string Usage = "USAGE: linkerd-tcp [OPTIONS] <TARGET>";

    /// <summary><c>linkerd-tcp</c> and the version.</summary>
    public static string Version { get; } =
        "linkerd-tcp " + typeof(HelpText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The whole help text.</summary>
    public static string Full()
    {
        var text = new StringBuilder();
        text.Append(Version).Append("\nA native TCP proxy for the linkerd service mesh\n\n").Append(Usage).Append("\n\nFLAGS:\n");
        Append(text, CliOptions.Flags);
        text.Append("\nOPTIONS:\n");
        Append(text, CliOptions.Proxy.Where(static option => option.Row.Letter is not null).Append(CliOptions.ConfigFile));
        text.Append(
            """

            ARGS:
                <TARGET>    Destination name (e.g. /svc/foo) to be resolved through namerd, or by the proxy with --dtab or --disco; or an address,
                            which needs no namerd: localhost:8080, web:80, [::1]:80; or several equal endpoints: web:80,db:80;
                            or a tree of names and addresses: '9 * web:80 & 1 * canary:80' (a split), '/svc/foo | /svc/bar' (a fallback).
                            web:80 is short for the name /$/inet/web/80. It may be left out with --sni-route.
                            A file that ends in .yml, .yaml or .json, or -, as the only argument, is read as with --config

            COMMANDS (each has its own --help):
                linkerd-tcp resolve <NAME>          Prints each step of binding a name, and its endpoints
                linkerd-tcp dtab check <FILE|->     Checks a dtab, and prints it in namerd's form
                linkerd-tcp config check <FILE|->   Checks a configuration file, and the files of certificates in it
                linkerd-tcp config show <FILE>      Prints the effective configuration, also of a command line; config schema and
                                                    config reference print its keys

            FURTHER OPTIONS (a DURATION is 500ms, 10s, 5m, 1h or off, for example; -l can be given several times, and can be a port
            alone; -n also takes a list with commas, https:// for TLS, mesh:// and meshs:// for namerd's gRPC interface):

            """);
        Append(text, CliOptions.Proxy.Where(static option => option.Row.Letter is null).Except(CliOptions.Tls));
        text.Append(
            """

            TLS (with clients if there is a --tls-cert, to servers with --server-tls; --tls-cert, with its --tls-key,
            --tls-passphrase-file and --tls-ocsp-file behind it, and --sni-route can be given several times; files are read again
            when they change):

            """);
        Append(text, CliOptions.Tls);
        text.Append(
            """

            ENVIRONMENT:
                LINKERD_TCP_LOG    Level of the log on stderr, in the grammar of env_logger: off, error, warn, info, debug or trace,
                                   also by category: Linkerd.Tcp.Namerd=debug,warn. RUST_LOG is used if this is not set [default: info]

            """);
        return text.ToString();
    }

    /// <summary>A line for each option.</summary>
    public static void Append(StringBuilder text, params IEnumerable<CliOption> options)
    {
        var width = options.Max(option => option.Usage.Length) + 4;
        foreach (var option in options)
        {
            text.Append("    ").Append(option.Usage.PadRight(width)).Append(option.Help).Append('\n');
        }
    }
}
