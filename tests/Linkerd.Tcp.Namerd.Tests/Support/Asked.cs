namespace Linkerd.Tcp.Namerd;

/// <summary>The question that a test is about. What is asked besides it is answered well.</summary>
public enum Asked
{
    /// <summary><c>resolve</c>, of the mode that asks nothing else.</summary>
    Resolve,

    /// <summary><c>bind</c>, of the other modes.</summary>
    Bind,

    /// <summary><c>addr</c>, of the other modes.</summary>
    Addr,
}

/// <summary>Every question, for theories.</summary>
internal static class Questions
{
    public static TheoryData<Asked> All => [Asked.Resolve, Asked.Bind, Asked.Addr];

    /// <summary>Those that are polled in the mode without watches.</summary>
    public static TheoryData<Asked> Polled => [Asked.Bind, Asked.Addr];

    /// <summary>Every mode that watches.</summary>
    public static TheoryData<NamerdMode> WatchingModes => [NamerdMode.Resolve, NamerdMode.Bind];

    public static string Endpoint(this Asked asked) => asked switch { Asked.Resolve => "resolve", Asked.Bind => "bind", _ => "addr" };

    /// <summary>A document of the question that leads to these ports of 127.0.0.1, with its newline.</summary>
    public static string Document(this Asked asked, params int[] ports) => asked == Asked.Bind
        ? Leaf($"/#/ports{string.Concat(ports.Select(port => $"/{port}"))}")
        : TestUtilities.NamerdHttp.Bound(ports);

    /// <summary>A tree of one leaf, without addresses that could be taken for the leaf's own.</summary>
    public static string Leaf(string id) => $$$"""{"type":"leaf","bound":{"addr":{"type":"neg"},"id":"{{{id}}}","path":"/"}}""" + "\n";
}
