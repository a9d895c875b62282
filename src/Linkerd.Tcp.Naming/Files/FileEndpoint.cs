using System.Net;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>A line of a file of addresses.</summary>
/// <param name="Host">The host in its original form.</param>
/// <param name="Address">Its address, if that needs no lookup; not if it has the name of an interface.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Weight">Any double, in its original form; 1 if there was none.</param>
internal readonly record struct FileEndpoint(string Host, IPAddress? Address, int Port, double Weight);
