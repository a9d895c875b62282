using System.Text.Json;
using System.Text.Json.Serialization;
using Linkerd.Tcp.LoadTest.Measuring;

namespace Linkerd.Tcp.LoadTest;

/// <summary>How results are written, without reflection.</summary>
[JsonSerializable(typeof(RunResult))]
internal sealed partial class JsonContext : JsonSerializerContext
{
    /// <summary>What one process hands to another.</summary>
    public static JsonContext OneLine { get; } = new(Make(indented: false));

    /// <summary>What people look at.</summary>
    public static JsonContext Indented { get; } = new(Make(indented: true));

    // A run in which nothing was done divides by zero.
    private static JsonSerializerOptions Make(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = indented,
    };
}
