namespace Linkerd.Tcp.Namerd.Servers;

/// <summary>That there is no server to ask now.</summary>
/// <param name="Error">What is wrong with each of them.</param>
/// <param name="Wait">Until one may be tried again; infinite while somebody else finds out.</param>
/// <param name="Changed">Ends when something about a server changes.</param>
internal readonly record struct ServerOutage(string Error, TimeSpan Wait, Task Changed);
