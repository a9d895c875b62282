namespace Linkerd.Tcp.Balancing;

/// <summary>Picks among the endpoints of one group, which never change. Its member is called on any thread, by several threads at once, and must neither block nor allocate.</summary>
public interface IEndpointPicker
{
    /// <summary>
    /// Picks an endpoint for a session. The load balancer admits it: an endpoint that is ejected, suspect, full, draining, tried before by the session, or in slow start and not due, is passed over.
    /// The picker is then called again for the same session, up to 15 times, and finds the endpoints that were passed over in <see cref="PickContext.Tried"/>. After that any endpoint of the group
    /// that can take the session does. An exception ends the pick of this session and no other. An ejected endpoint is probed when its time has come, without being picked here.
    /// </summary>
    /// <param name="context">The session.</param>
    /// <returns>The index of the candidate; a negative number for any.</returns>
    int Pick(in PickContext context);
}
