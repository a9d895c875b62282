namespace Linkerd.Tcp.PublicApi.Tests.Names;

/// <summary>The public API of Core does not grow by accident (decision 44).</summary>
public sealed class PublicApiSizeTests
{
    private const int MaxLines = 937;

    [Fact]
    public void Core_LinesOfItsPublicApi_AreAtMostThoseAllowed() =>
        Assert.InRange(File.ReadLines(Path.Combine(Repository.Root, "src", "Linkerd.Tcp.Core", "PublicAPI.Unshipped.txt")).Count(), 1, MaxLines);
}
