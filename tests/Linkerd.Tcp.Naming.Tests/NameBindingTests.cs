using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Naming.Tests;

public sealed class NameBindingTests
{
    [Fact]
    public void Rank_OfBindings_KnowsTreesThatLeadNowhere()
    {
        Assert.Equal(StatePrecedence.Nothing, NameBinding.Pending.Instance.Rank);
        Assert.Equal(StatePrecedence.Nothing, new NameBinding.Failed("x").Rank);
        Assert.Equal(StatePrecedence.Negative, new NameBinding.Bound(BoundTree.Negative.Instance).Rank);
        Assert.Equal(StatePrecedence.Negative, new NameBinding.Bound(BoundTree.Fail.Instance).Rank);
        Assert.Equal(StatePrecedence.Bound, new NameBinding.Bound(BoundTree.Empty.Instance).Rank);
        Assert.Equal(StatePrecedence.Bound, new NameBinding.Bound(new BoundTree.Leaf(DstPath.Parse("/#/a"), DstPath.Root)).Rank);
    }
}
