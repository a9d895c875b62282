using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>The exception that is thrown if a file cannot be read any further.</summary>
internal sealed class ConfigurationSyntaxException(TextPosition? position, string message) : Exception(message)
{
    public TextPosition? Position => position;
}

/// <summary>The limits of a file. They are far beyond what a proxy needs, and bound the time and memory of reading.</summary>
internal static class ConfigurationLimits
{
    public const int Bytes = 8 * 1024 * 1024;
    public const int Values = 250_000;
    public const int Depth = 32;

    /// <summary>Throws if there are too many values.</summary>
    public static void CheckCount(int values, TextPosition position)
    {
        if (values > Values)
        {
            throw new ConfigurationSyntaxException(position, $"too many values, with each alias counted as the values that it stands for; expected at most {Values}");
        }
    }

    /// <summary>Throws if values are nested too deeply.</summary>
    public static void CheckDepth(int depth, TextPosition position)
    {
        if (depth > Depth)
        {
            throw new ConfigurationSyntaxException(position, $"nested too deeply; expected at most {Depth} lists and mappings within each other");
        }
    }
}
