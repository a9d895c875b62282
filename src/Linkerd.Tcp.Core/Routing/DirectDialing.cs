namespace Linkerd.Tcp;

/// <summary>What makes the connections of those who use no proxy, and where they live: never on an event loop, as the code of a caller goes on there.</summary>
/// <param name="Dialer">What connects.</param>
/// <param name="Executor">Where balancers are asked.</param>
internal sealed record DirectDialing(Dialer Dialer, TransportExecutor Executor);
