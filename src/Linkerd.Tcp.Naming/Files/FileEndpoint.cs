using System.Net;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>A line of a file of addresses.</summary>
/// <param name="Host">The host as it was written.</param>
/// <param name="Address">Its address, where that needs no lookup; not where it has the name of an interface.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Weight">Any double, as it was written; 1 where none was.</param>
internal readonly record struct FileEndpoint(string Host, IPAddress? Address, int Port, double Weight);
