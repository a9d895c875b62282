namespace Linkerd.Tcp.Sessions;

/// <summary>The outcome of a <see cref="NetworkRules"/>.</summary>
internal enum NetworkVerdict
{
    /// <summary>The client may have a session.</summary>
    Allowed,

    /// <summary>The client is on the deny list.</summary>
    Denied,

    /// <summary>There is an allow list, and the client is not on it.</summary>
    NotAllowed,
}
