namespace Linkerd.Tcp.Namerd.Servers;

/// <summary>A state in which no server is available.</summary>
/// <param name="Error">The error of each of them.</param>
/// <param name="Wait">The time until one may be tried again; infinite while another request finds out.</param>
/// <param name="Changed">Ends when the state of a server changes.</param>
internal readonly record struct ServerOutage(string Error, TimeSpan Wait, Task Changed);
