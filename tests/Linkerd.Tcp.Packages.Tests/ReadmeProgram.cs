using System.Text.RegularExpressions;

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>A program of a package's README: the packages that it says to add, and the code below.</summary>
/// <param name="Packages">The packages of the <c>dotnet add package</c> lines.</param>
/// <param name="Code">The C# that follows.</param>
/// <param name="Settings">The JSON that follows that, before any other code; empty if there is none.</param>
internal sealed partial record ReadmeProgram(IReadOnlyList<string> Packages, string Code, string Settings)
{
    /// <summary>Reads the programs of the README in a package.</summary>
    public static IReadOnlyList<ReadmeProgram> Read(string id)
    {
        using var package = Feed.Open(id);
        return [.. Program.Matches(Feed.ReadText(package, "README.md")).Select(static match => new ReadmeProgram(
            [.. match.Groups["package"].Captures.Select(static capture => capture.Value)], match.Groups["code"].Value, match.Groups["json"].Value))];
    }

    [GeneratedRegex(@"^```\n(dotnet new console\n)?(dotnet add package (?<package>\S+)( --prerelease)?\n)+```\n(?>(?!```).*\n)*```csharp\n(?<code>(?>(?!```).*\n)*)```\n((?>(?!```).*\n)*```json\n(?<json>(?>(?!```).*\n)*)```\n)?", RegexOptions.Multiline)]
    private static partial Regex Program { get; }
}
