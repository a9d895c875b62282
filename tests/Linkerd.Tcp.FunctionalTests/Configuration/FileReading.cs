using System.Text;
using Linkerd.Tcp.Cli.Configuration;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Reads texts as configuration files.</summary>
internal static class FileReading
{
    /// <summary>A router that is valid, up to its last key; a test goes on at the indentation of <c>label</c>.</summary>
    public const string Router =
        """
        routers:
        - label: default
          interpreter:
            kind: io.l5d.namerd.http
            baseUrl: http://127.0.0.1:4180
            namespace: default
            periodSecs: 60
          servers:
          - port: 7474
            dstName: /svc/default

        """;

    public static ConfigurationReading Read(string text, params (string Name, string Value)[] variables) => Read(Encoding.UTF8.GetBytes(text), variables);

    public static ConfigurationReading Read(byte[] bytes, params (string Name, string Value)[] variables) => ConfigurationFile.Read(
        new MemoryStream(bytes), "f.yml", KnownKinds.Table, name => Array.Find(variables, variable => variable.Name == name).Value);

    /// <summary>Reads a valid file without warnings.</summary>
    public static ProxyConfiguration Model(string text, params (string Name, string Value)[] variables)
    {
        var reading = Read(text, variables);
        Assert.Empty(reading.Errors.Select(static error => error.ToString()));
        Assert.Empty(reading.Warnings.Select(static warning => warning.ToString()));
        return Assert.IsType<ProxyConfiguration>(reading.Configuration);
    }

    /// <summary>The errors of a file that is not valid.</summary>
    public static string[] Errors(string text, params (string Name, string Value)[] variables)
    {
        var reading = Read(text, variables);
        Assert.Null(reading.Configuration);
        return [.. reading.Errors.Select(static error => error.ToString())];
    }

    /// <summary>Everything in a configuration that its table has, one line for each value.</summary>
    public static IReadOnlyList<string> Describe(ProxyConfiguration configuration)
    {
        var lines = new List<string>();
        Add(KnownKinds.Table.Root, configuration, string.Empty);
        return lines;

        void Add(ConfigurationPart shape, object part, string path)
        {
            lines.AddRange(shape.Options.Select(option => $"{path}{option.Key}: {option.Print(shape.SettingsOf(part))}"));
            foreach (var child in shape.Children)
            {
                foreach (var (entry, index) in child.Get(part).Select(static (entry, index) => (entry, index)))
                {
                    Add(entry.Shape, entry.Part, $"{path}{child.Key}[{index}{entry.Name}{entry.Shape.Kind}].");
                }
            }
        }
    }
}
