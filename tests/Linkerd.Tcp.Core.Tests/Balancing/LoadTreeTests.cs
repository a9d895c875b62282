using Linkerd.Tcp.Balancing.LeastConnections;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp;

public sealed class LoadTreeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(200)]
    public void FindBest_RandomChanges_IsWhatAScanFinds(int count)
    {
        var random = RandomSource.Seeded((ulong)count);
        var nodes = new LoadTree.Node[count];
        var isIn = new bool[count];
        for (var i = 0; i < count; i++)
        {
            nodes[i] = new LoadTree.Node((uint)random.NextUInt64());
        }

        var tree = new LoadTree(nodes);
        Assert.Equal(LoadTree.None, tree.FindBest());
        for (var i = 0; i < 20_000; i++)
        {
            var index = (int)(random.NextDouble() * count);
            if (isIn[index])
            {
                tree.Remove(index);
            }

            isIn[index] = random.NextDouble() < 0.8;
            if (isIn[index])
            {
                // Few different ones, so that many are equal.
                var (load, weight) = ((int)(random.NextDouble() * 6), 1 + (int)(random.NextDouble() * 3));
                (nodes[index].Load, nodes[index].Next) = ((double)load / weight, (load + 1.0) / weight);
                nodes[index].Turn = random.NextDouble();
                tree.Add(index);
            }

            Assert.Equal(Scan(nodes, isIn), tree.FindBest());
        }
    }

    private static int Scan(LoadTree.Node[] nodes, bool[] isIn)
    {
        var all = Enumerable.Range(0, nodes.Length).Where(i => isIn[i]).ToArray();
        var limit = all.Select(i => nodes[i].Next).DefaultIfEmpty().Min();
        return all.Where(i => nodes[i].Load < limit - 1e-9).OrderBy(i => nodes[i].Turn).DefaultIfEmpty(LoadTree.None).First();
    }
}
