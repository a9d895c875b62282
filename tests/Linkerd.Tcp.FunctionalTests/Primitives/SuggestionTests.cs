using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.FunctionalTests;

public sealed class SuggestionTests
{
    private static readonly string[] Candidates = ["routers", "admin", "bufferSizeBytes", "ip"];

    [Theory]
    [InlineData("rooters", "routers")]
    [InlineData("routres", "routers")]
    [InlineData("buff", "bufferSizeBytes")]
    [InlineData("bufferSize", "bufferSizeBytes")]
    [InlineData("iq", "ip")]
    [InlineData("adm", null)]
    [InlineData("", null)]
    [InlineData("routersandadmin", null)]
    public void Find_Text_GivesTheNearest(string text, string? expected) => Assert.Equal(expected, Suggestion.Find(text, Candidates));

    [Fact]
    public void Find_AVeryLongText_IsNotComparedLetterByLetter()
    {
        var text = new string('a', 8_000_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(Suggestion.Find(text, Candidates));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }
}
