using System.Runtime.CompilerServices;
using Linkerd.Tcp.Naming.Binding;
using Linkerd.Tcp.Naming.Delegation;

namespace Linkerd.Tcp.Naming.Tests.Binding;

/// <summary>Binding on a thread whose stack is small, as <c>ulimit -s</c> makes it: no fault of the dtab.</summary>
public sealed class SmallStackTests
{
    // Less than what the runtime calls sufficient.
    private const int Bytes = 96 << 10;

    [Fact]
    public void Bind_SmallStack_IsBound()
    {
        var bound = Bind(NameTree.Parse("/svc/web"));
        Assert.Equal(bound, OnSmallStack(() => Bind(NameTree.Parse("/svc/web"))));
        Assert.IsType<NameBinding.Bound>(bound);
    }

    [Fact]
    public void Delegate_SmallStack_IsDelegated()
    {
        var delegation = Delegate();
        Assert.Equal(delegation, OnSmallStack(Delegate));
        Assert.IsNotType<DelegateTree.Failed>(delegation);
    }

    [Fact]
    public void Bind_DeepTreeOnSmallStack_IsBound()
    {
        var tree = NameTree.Parse($"{new string('(', 100)}/svc/web & /svc/db{new string(')', 100)}");
        Assert.IsType<NameBinding.Bound>(OnSmallStack(() => Bind(tree)));
    }

    private static NameBinding Bind(NameTree tree) => new TreeBinder(Dtab.Parse("/svc => /a | /b ; /b => /c"), name => new NameBinding.Bound(new BoundTree.Leaf(name, DstPath.Root))).Bind(tree);

    private static DelegateTree Delegate() =>
        new LocalDelegator(Dtab.Parse("/svc => /a | /b ; /b => /c"), name => new NameBinding.Bound(new BoundTree.Leaf(name, DstPath.Root))).Delegate(DstPath.Parse("/svc/web"));

    private static T OnSmallStack<T>(Func<T> function)
    {
        T? result = default;
        var isSufficient = true;
        var thread = new Thread(
            () =>
            {
                isSufficient = RuntimeHelpers.TryEnsureSufficientExecutionStack();
                result = function();
            },
            Bytes);
        thread.Start();
        thread.Join();
        Assert.False(isSufficient, "the stack is not small");
        return result!;
    }
}
