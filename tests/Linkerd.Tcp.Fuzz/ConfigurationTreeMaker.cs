using System.Globalization;
using System.Text;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Fuzz;

/// <summary>Makes JSON of the shape of a configuration file by choices, one byte each: right in most places, wrong in some.</summary>
internal sealed class ConfigurationTreeMaker(byte[] choices)
{
    private const int MostDepth = 8;
    private const int MostLength = 4096;

    private static readonly string[] Values =
    [
        "0", "1", "80", "8080", "65536", "-1", "0.5", "\"010\"", "99999999999", "true", "false", "null", "\"off\"", "\"on\"", "\"\"", "\"/svc/web\"", "\"127.0.0.1:80\"", "\"127.0.0.1\"", "\"10.0.0.0/8\"", "\"${P}\"", "\"${NOPE}\"", "\"default\"",
        "\"h2\"", "\"*.example.com\"", "\"/svc => /#/io.l5d.fs\"", "\"p2c\"", "\"maglev\"", "\"v2\"", "\"epoll\"", "\"http://127.0.0.1:4180\"", "\"a b\"", "[]", "[\"a\"]", "[1, 2]", "{}", "{\"a\": 1}",
    ];

    private static readonly string[] Keys = ["kind", "label", "port", "prefix", "admin", "proxies", "namerd", "graceSecs", "serverz", "<<", "metricsIntervalSecs", "bufferSize"];

    private readonly StringBuilder _text = new();
    private int _next;

    /// <summary>Makes a text.</summary>
    public string Make()
    {
        Part(KnownKinds.Table.Root, 1);
        return _text.ToString();
    }

    private int Below(int most) => _next < choices.Length ? choices[_next++] % most : 0;

    private bool HasMore(int depth) => _next < choices.Length && depth < MostDepth && _text.Length < MostLength;

    private void Part(ConfigurationPart part, int depth)
    {
        var options = part.Options.Where(static option => option.Key is not ("stateDir" or "rootDir" or "dtab") && !option.Key!.EndsWith("File", StringComparison.Ordinal)).ToList();
        _text.Append('{');
        var separator = string.Empty;
        if (part.Kind is not null && Below(8) != 0)
        {
            _text.Append(CultureInfo.InvariantCulture, $"\"kind\": \"{part.Kind}\"");
            separator = ", ";
        }

        foreach (var child in part.Children)
        {
            if (HasMore(depth) && Below(8) != 0)
            {
                _text.Append(separator).Append(CultureInfo.InvariantCulture, $"\"{child.Key}\": ");
                separator = ", ";
                Child(child, depth);
            }
        }

        for (var count = Below(5); count > 0 && HasMore(depth); count--)
        {
            var key = options.Count > 0 && Below(8) != 0 ? options[Below(options.Count)].Key! : Keys[Below(Keys.Length)];
            var nested = key.Split('.');
            _text.Append(separator).AppendJoin(string.Empty, nested[..^1].Select(static one => $"\"{one}\": {{")).Append(CultureInfo.InvariantCulture, $"\"{nested[^1]}\": {Values[Below(Values.Length)]}").Append('}', nested.Length - 1);
            separator = ", ";
        }

        _text.Append('}');
    }

    private void Child(ConfigurationChild child, int depth)
    {
        if (Below(16) == 15)
        {
            _text.Append(Values[Below(Values.Length)]);
            return;
        }

        var (open, close) = child.Form switch
        {
            ConfigurationForm.List => ("[", "]"),
            ConfigurationForm.Map => ("{", "}"),
            _ => (string.Empty, string.Empty),
        };
        _text.Append(open);
        var count = child.Form == ConfigurationForm.One ? 1 : Below(4);
        for (var i = 0; i < count; i++)
        {
            _text.Append(i > 0 ? ", " : string.Empty).Append(child.Form == ConfigurationForm.Map ? string.Create(CultureInfo.InvariantCulture, $"\"n{Below(3)}\": ") : string.Empty);
            Part(child.Parts[Below(child.Parts.Count)], depth + 1);
        }

        _text.Append(close);
    }
}
