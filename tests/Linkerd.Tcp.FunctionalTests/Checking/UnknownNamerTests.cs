using Linkerd.Tcp.Naming;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Names that lead to a namer that there is not.</summary>
public sealed class UnknownNamerTests
{
    private const string Consul = "there is no namer /#/io.l5d.consul here, so that what leads to it does not exist; known are /#/io.l5d.dns, /#/io.l5d.dnssrv, /$/inet, ";

    [Theory]
    [InlineData("/svc => /#/io.l5d.fs", "/svc/web", true)]
    [InlineData("/svc => /#/io.l5d.dns/web/80 ; /b => /$/inet/a/1 & /$/nil | /$/fail & /$/inets/a/1", "/svc", false)]
    [InlineData("/svc => /#/x/web ; /#/x => /$/inet", "/svc/80", false)]
    [InlineData("/svc => /#/x ; /#/*/web => /$/inet", "/svc/web/80", false)]
    [InlineData("/svc => /a | /#", "/svc", false)]
    public void FindUnknown_NamesThatMayLeadOn_AreNotUnknown(string dtab, string target, bool hasFiles) =>
        Assert.Empty(Cli.Naming.KnownNamers.FindUnknown(Dtab.Parse(dtab), NameTree.Parse(target), hasFiles));

    [Theory]
    [InlineData("/svc => /#/io.l5d.fs", "/svc/web", "there is no namer /#/io.l5d.fs here, *; --disco <DIR> makes it; '/svc => /#/io.l5d.fs' leads there")]
    [InlineData("/svc => /#/io.l5d.dsn/a ; /b => /#/io.l5d.dsn/b", "/svc/web", "*; did you mean /#/io.l5d.dns?; '/svc => /#/io.l5d.dsn/a' leads there")]
    [InlineData("/svc => /#/io.l5d.consul/a", "/svc/web", "there is no namer /#/io.l5d.consul here, *, /$/fail; '/svc => /#/io.l5d.consul/a' leads there")]
    [InlineData("/svc => /$/net/a/1", "/svc/web", "there is no namer /$/net here, *; did you mean /$/inet?; *")]
    [InlineData("/svc => /a", "/#/x/y", "there is no namer /#/x here, *")]
    public void FindUnknown_NamersThatThereAreNot_AreSaidOnceEach(string dtab, string target, string expected)
    {
        var problem = Assert.Single(Cli.Naming.KnownNamers.FindUnknown(Dtab.Parse(dtab), NameTree.Parse(target), hasFiles: false));
        Assert.Matches("^" + string.Join(".*", expected.Split('*').Select(System.Text.RegularExpressions.Regex.Escape)) + "$", problem);
    }

    [Fact]
    public async Task Proxy_UnknownNamer_Warns()
    {
        await using var proxy = await Executable.StartAsync("/svc/web", "--dtab", "/svc => /#/io.l5d.consul/dc1");
        Assert.Contains(proxy.Error.Lines, line => line.Contains("WARN  Linkerd.Tcp] " + Consul, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Resolve_UnknownNamer_Warns()
    {
        await using var process = await Executable.RunAsync("resolve", "--dtab", "/svc => /#/io.l5d.consul/dc1", "/svc/web");
        Assert.Equal(2, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("warning: " + Consul, Assert.Single(process.Error.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DtabCheck_UnknownNamer_Warns()
    {
        await using var process = await ChildProcess.RunAsync(
            Executable.FileName, ["dtab", "check", "-"], TestContext.Current.CancellationToken, "/a => /#/io.l5d.fs ;\n/svc => /#/io.l5d.consul/dc1 ; /b => /#/io.l5d.consul/x");
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        var line = Assert.Single(process.Error.Lines);
        Assert.StartsWith("-:2:1: warning: there is no namer /#/io.l5d.consul here", line, StringComparison.Ordinal);
        Assert.EndsWith(" (a namerd may have others)", line, StringComparison.Ordinal);
    }
}
