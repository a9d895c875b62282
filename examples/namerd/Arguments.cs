using System.Globalization;
using System.Net;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace NamerdStandInExample;

/// <summary>What stands on the command line.</summary>
internal sealed class Arguments
{
    public const string Usage = """
        usage: namerd-stand-in [--ip 127.0.0.1] [--port 4180] [--mesh-port 4321] [--dtab '<NAMESPACE>=<DTAB>' ...] [--disco <DIR>]

          --ip <IP>           Where to listen [default: 127.0.0.1]
          --port <PORT>       The port of the HTTP interface [default: 4180]
          --mesh-port <PORT>  The port of the gRPC interface [default: there is none]
          --dtab <NS=DTAB>    A namespace with its dtab; as often as there are namespaces [default: 'default=/svc => /#/io.l5d.fs']
          --disco <DIR>       The directory behind /#/io.l5d.fs: one file a name, one '<HOST> <PORT> [* <WEIGHT>]' a line, followed as it changes
        """;

    public IPAddress Address { get; private set; } = IPAddress.Loopback;

    public int Port { get; private set; } = 4180;

    public int? MeshPort { get; private set; }

    public List<(string Namespace, string Dtab)> Dtabs { get; } = [];

    public string? Disco { get; private set; }

    /// <summary>Reads a command line. The error is empty where help was asked for.</summary>
    public static bool TryParse(string[] args, out Arguments arguments, out string error)
    {
        arguments = new Arguments();
        error = string.Empty;
        for (var i = 0; i < args.Length; i += 2)
        {
            if (args[i] is "-h" or "--help")
            {
                return false;
            }

            error = i + 1 == args.Length ? $"{args[i]} needs a value" : arguments.Set(args[i], args[i + 1]);
            if (error.Length > 0)
            {
                return false;
            }
        }

        if (arguments.Dtabs.Count == 0)
        {
            arguments.Dtabs.Add(("default", "/svc => /#/io.l5d.fs"));
        }

        return true;
    }

    private string Set(string option, string value)
    {
        switch (option)
        {
            case "--ip" when IPAddress.TryParse(value, out var address):
                Address = address;
                return string.Empty;
            case "--port" when ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port):
                Port = port;
                return string.Empty;
            case "--mesh-port" when ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port):
                MeshPort = port;
                return string.Empty;
            case "--disco" when Directory.Exists(value):
                Disco = value;
                return string.Empty;
            case "--dtab":
                return AddDtab(value);
            case "--ip" or "--port" or "--mesh-port" or "--disco":
                return $"{option} '{value}' is no {(option == "--ip" ? "IP address" : option == "--disco" ? "directory" : "port")}";
            default:
                return $"{option} is unknown";
        }
    }

    private string AddDtab(string value)
    {
        var parts = value.Split('=', 2);
        if (parts.Length < 2 || parts[0].Contains('/', StringComparison.Ordinal))
        {
            return $"--dtab '{value}': expected <NAMESPACE>=<DTAB>, such as 'default=/svc => /#/io.l5d.fs'";
        }

        try
        {
            Dtabs.Add((parts[0], Dtab.Parse(parts[1]).ToString()));
            return string.Empty;
        }
        catch (NameSyntaxException exception)
        {
            return $"--dtab '{value}': {exception.Message}";
        }
    }
}
