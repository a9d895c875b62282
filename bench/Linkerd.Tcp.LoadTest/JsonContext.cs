using System.Text.Json;
using System.Text.Json.Serialization;
using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Reporting;

namespace Linkerd.Tcp.LoadTest;

/// <summary>How results are written, without reflection.</summary>
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(ComparisonReport))]
internal sealed partial class JsonContext : JsonSerializerContext
{
    /// <summary>What one process hands to another.</summary>
    public static JsonContext OneLine { get; } = new(Make(indented: false));

    /// <summary>What people look at.</summary>
    public static JsonContext Indented { get; } = new(Make(indented: true));

    private static JsonSerializerOptions Make(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = indented,
    };
}
