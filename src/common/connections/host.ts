/** A host name or an address; never the path of a socket. */
export const HOST = /^[A-Za-z0-9_[\]:.-]{1,255}$/;
export const HOST_RULE = { message: 'host must be a host name or an address' };
