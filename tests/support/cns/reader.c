/* A reader for tests: that of vpcd (REAL, given when it is compiled), which is unplugged while the file is there that the
   environment of pcscd names as UNPLUGGED. It does not answer IFD_NO_SUCH_DEVICE then: on that pcscd sends a signal to the
   process whose number stands in /run/pcscd, which is not ours. */

#include <dlfcn.h>
#include <ifdhandler.h>
#include <stdlib.h>
#include <unistd.h>

static int unplugged(void) {
    const char *file = getenv("UNPLUGGED");
    return file && access(file, F_OK) == 0;
}

static void *real(const char *name) {
    static void *driver;
    if (!driver) driver = dlopen(REAL, RTLD_NOW);
    return driver ? dlsym(driver, name) : 0;
}

#define REAL_FUNCTION(name, parameters, arguments)                            \
    RESPONSECODE(*function) parameters = (RESPONSECODE(*) parameters)real(#name); \
    return function ? function arguments : IFD_NOT_SUPPORTED;

#define ALWAYS(name, parameters, arguments) \
    RESPONSECODE name parameters { REAL_FUNCTION(name, parameters, arguments) }

#define WHILE_PLUGGED_IN(name, parameters, arguments)                 \
    RESPONSECODE name parameters {                                    \
        if (unplugged()) return IFD_COMMUNICATION_ERROR;              \
        REAL_FUNCTION(name, parameters, arguments)                    \
    }

ALWAYS(IFDHCloseChannel, (DWORD lun), (lun))
ALWAYS(IFDHGetCapabilities, (DWORD lun, DWORD tag, PDWORD length, PUCHAR value), (lun, tag, length, value))
ALWAYS(IFDHSetCapabilities, (DWORD lun, DWORD tag, DWORD length, PUCHAR value), (lun, tag, length, value))
WHILE_PLUGGED_IN(IFDHCreateChannelByName, (DWORD lun, LPSTR name), (lun, name))
WHILE_PLUGGED_IN(IFDHCreateChannel, (DWORD lun, DWORD channel), (lun, channel))
WHILE_PLUGGED_IN(IFDHSetProtocolParameters,
    (DWORD lun, DWORD protocol, UCHAR flags, UCHAR pts1, UCHAR pts2, UCHAR pts3), (lun, protocol, flags, pts1, pts2, pts3))
WHILE_PLUGGED_IN(IFDHPowerICC, (DWORD lun, DWORD action, PUCHAR atr, PDWORD length), (lun, action, atr, length))
WHILE_PLUGGED_IN(IFDHTransmitToICC,
    (DWORD lun, SCARD_IO_HEADER sent, PUCHAR command, DWORD length, PUCHAR answer, PDWORD answered, PSCARD_IO_HEADER got),
    (lun, sent, command, length, answer, answered, got))
WHILE_PLUGGED_IN(IFDHControl,
    (DWORD lun, DWORD code, PUCHAR in, DWORD in_length, PUCHAR out, DWORD out_length, LPDWORD returned),
    (lun, code, in, in_length, out, out_length, returned))
WHILE_PLUGGED_IN(IFDHICCPresence, (DWORD lun), (lun))
