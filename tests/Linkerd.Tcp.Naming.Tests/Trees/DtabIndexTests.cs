using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Naming.Tests.Trees;

public sealed class DtabIndexTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void FindLast_RandomDtabs_FindsWhatLookingThroughAllEntriesFinds(ulong seed)
    {
        var random = RandomSource.Seeded(seed);
        for (var round = 0; round < 200; round++)
        {
            var entries = Enumerable.Range(0, 64).Select(_ => new DtabEntry(RandomPrefix(random), NameTree.Negative.Instance)).ToArray();
            var dtab = new Dtab([.. entries]);
            var name = DstPath.Parse("/" + string.Join('/', Enumerable.Range(0, Draw(random, 5)).Select(_ => Label(random))));
            for (var before = 0; before <= entries.Length; before++)
            {
                Assert.Equal(Array.FindLastIndex(entries[..before], entry => entry.Prefix.Matches(name)), dtab.FindLast(name, before));
            }
        }
    }

    [Fact]
    public void FindLast_WildcardByte_IsNotTheWildcard()
    {
        var dtab = new Dtab([.. Enumerable.Repeat(new DtabEntry(DtabPrefix.Parse("/\\x2a"), NameTree.Negative.Instance), 64)]);
        Assert.Equal(-1, dtab.FindLast(DstPath.Parse("/a"), 64));
        Assert.Equal(63, dtab.FindLast(DstPath.Parse("/\\x2a"), 64));
    }

    private static DtabPrefix RandomPrefix(Random random) =>
        DtabPrefix.Parse("/" + string.Join('/', Enumerable.Range(0, Draw(random, 5)).Select(_ => Draw(random, 3) == 0 ? "*" : Label(random))));

    private static string Label(Random random) => ((string[])["a", "b", "c"])[Draw(random, 3)];

    private static int Draw(Random random, int count) => (int)(random.NextUInt64() % (ulong)count);
}
