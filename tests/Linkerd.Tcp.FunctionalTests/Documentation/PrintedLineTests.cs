namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What may differ between a page and what was printed, and what may not.</summary>
[Trait("Category", "AnyTransport")]
public sealed class PrintedLineTests
{
    [Theory]
    [InlineData("hello", "hello", true)]
    [InlineData("hello", "hello!", false)]
    [InlineData("curl: (56) ... by peer", "curl: (56) Connection reset by peer", true)]
    [InlineData("[2026-12-01T00:03:05.472Z INFO  Linkerd.Tcp] listening on 127.0.0.1:7575", "[2027-01-02T10:13:15.002Z INFO  Linkerd.Tcp] listening on 127.0.0.1:7575", true)]
    [InlineData("[2026-12-01T00:03:05.472Z INFO  Linkerd.Tcp] listening on 127.0.0.1:7575", "[2027-01-02T10:13:15.002Z WARN  Linkerd.Tcp] listening on 127.0.0.1:7575", false)]
    [InlineData("127.0.0.1:57804 to 127.0.0.1:7575", "127.0.0.1:40001 to 127.0.0.1:7575", true)]
    [InlineData("127.0.0.1:57804 to 127.0.0.1:7575", "127.0.0.1:57804 to 127.0.0.1:7576", false)]
    [InlineData("\"ageSeconds\":1.133", "\"ageSeconds\":0.2", true)]
    [InlineData("7 of 8", "7 of 9", false)]
    [InlineData("up to 9900 sessions", "up to 524188 sessions", true)]
    [InlineData("exit code 78", "exit code 64", false)]
    [InlineData("10.0.0.1:80  1       50 %", "10.0.0.1:80   1     50 %", true)]
    [InlineData("127.0.0.1:8081 0/0/14 193 --", "127.0.0.1:8081 0/2/9 194 --", true)]
    public void IsAsShown_Line_DiffersOnlyInWhatVaries(string shown, string printed, bool isAsShown) => Assert.Equal(isAsShown, PrintedLine.IsAsShown(shown, printed));

    [Theory]
    [InlineData("     75 one|     25 two", "     70 one|     30 two", true)]
    [InlineData("     75 one|     25 two", "     75 one|     24 two", false)]
    [InlineData("     75 one|     25 two", "     25 one|     75 two", false)]
    [InlineData("     40 one", "     39 one", false)]
    [InlineData("first|...|last", "first|last", true)]
    [InlineData("first|...|last", "first|second|third|last", true)]
    [InlineData("first|last", "first|second|last", false)]
    [InlineData("first", "", false)]
    [InlineData("", "first", false)]
    public void AreAsShown_Lines_DifferOnlyInCountsAndGaps(string shown, string printed, bool areAsShown) =>
        Assert.Equal(areAsShown, PrintedLine.AreAsShown(shown.Split('|', StringSplitOptions.RemoveEmptyEntries), printed.Split('|', StringSplitOptions.RemoveEmptyEntries)));
}
