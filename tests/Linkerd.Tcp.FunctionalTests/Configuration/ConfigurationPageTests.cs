using System.Text.RegularExpressions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The page about configuration files: each of its examples can be used.</summary>
[Trait("Category", "AnyTransport")]
public sealed partial class ConfigurationPageTests
{
    [Fact]
    public void Examples_OfThePage_AreValid()
    {
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "configuration-file.md"));
        var examples = Example().Matches(page);
        Assert.Equal(3, examples.Count);
        foreach (Match example in examples)
        {
            Assert.NotEmpty(FileReading.Model(example.Groups[1].Value).Routers);
        }
    }

    [GeneratedRegex("```(?:yaml|json)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
