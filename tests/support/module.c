/* A PKCS#11 module for tests: SoftHSM's, with one fault. What is wrong with it is said when it is compiled:
   REAL       the module that it stands before
   LOG        a file that gets a letter for each login (L), signature (S) and logout (O), and when the card is pulled out (R)
   FAULT      which fault, of those below
   Only what the tests need of PKCS#11 v2.40 is declared here: the functions of CK_FUNCTION_LIST by their places. */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NONE 0
#define CRASH_IN_LOAD 1
#define HANG_IN_LOAD 2
#define CRASH_IN_SIGN 3
#define HANG_IN_SIGN 4
#define WRONG_SIGNATURE 5
#define ENDLESS_SIGNATURE 6
#define EMPTY_SIGNATURE 7
#define REMOVED_IN_SIGN 8
#define UNKNOWN_VALUE 9
#define FINAL_TRY 10
#define NOISE 11
#define ENDLESS_OBJECTS 12
#define HANG_IN_LOGOUT 13
#define LOGOUT_FAILS 14

typedef unsigned long ulong;
typedef struct { unsigned char version[2]; void *function[68]; } list_t;
enum { INITIALIZE = 0, GET_FUNCTION_LIST = 3, GET_TOKEN_INFO = 6, LOGIN = 18, LOGOUT = 19, FIND_OBJECTS = 27, SIGN = 43 };

static list_t *real, own;
static int removed;

static void note(char letter) {
    FILE *log = fopen(LOG, "a");
    if (log) { fputc(letter, log); fclose(log); }
}

static int noted(char letter) {
    FILE *log = fopen(LOG, "r");
    int found = 0, read;
    while (log && (read = fgetc(log)) != EOF) found |= read == letter;
    if (log) fclose(log);
    return found;
}

static void hang(void) { for (;;) pause(); }

static ulong initialize(void *arguments) {
    if (FAULT == CRASH_IN_LOAD) abort();
    if (FAULT == HANG_IN_LOAD) hang();
    return ((ulong (*)(void *))real->function[INITIALIZE])(arguments);
}

static ulong get_token_info(ulong slot, unsigned char *info) {
    ulong value = ((ulong (*)(ulong, void *))real->function[GET_TOKEN_INFO])(slot, info);
    ulong flags;
    /* Four texts of 32, 32, 16 and 16 octets, then the flags. */
    memcpy(&flags, info + 96, sizeof flags);
    if (FAULT == FINAL_TRY) flags |= 0x00020000UL;
    memcpy(info + 96, &flags, sizeof flags);
    return value;
}

static ulong login(ulong session, ulong user, void *pin, ulong length) {
    note('L');
    removed = 0;
    return ((ulong (*)(ulong, ulong, void *, ulong))real->function[LOGIN])(session, user, pin, length);
}

static ulong logout(ulong session) {
    if (FAULT == HANG_IN_LOGOUT) hang();
    note('O');
    if (FAULT == LOGOUT_FAILS) return 0x30; /* CKR_DEVICE_ERROR */
    return ((ulong (*)(ulong))real->function[LOGOUT])(session);
}

static ulong find_objects(ulong session, ulong *objects, ulong most, ulong *found) {
    if (FAULT == ENDLESS_OBJECTS) { *found = most; for (ulong i = 0; i < most; i++) objects[i] = 1; return 0; }
    return ((ulong (*)(ulong, ulong *, ulong, ulong *))real->function[FIND_OBJECTS])(session, objects, most, found);
}

static ulong sign(ulong session, void *data, ulong length, unsigned char *signature, ulong *signature_length) {
    if (signature) note('S');
    if (FAULT == CRASH_IN_SIGN) abort();
    if (FAULT == HANG_IN_SIGN) hang();
    if (FAULT == UNKNOWN_VALUE) return 0x77777777;
    if (FAULT == ENDLESS_SIGNATURE) { *signature_length = ~0UL >> 2; return 0; }
    if (FAULT == EMPTY_SIGNATURE) { *signature_length = 0; return 0; }
    if (FAULT == NOISE) { printf("a module that talks too much\n"); fflush(stdout); }
    if (FAULT == REMOVED_IN_SIGN) {
        /* The first time of all the card is pulled out; its session is never good again. */
        if (removed) return 0xB3; /* CKR_SESSION_HANDLE_INVALID */
        if (!noted('R')) { note('R'); removed = 1; return 0x32; /* CKR_DEVICE_REMOVED */ }
    }
    ulong value = ((ulong (*)(ulong, void *, ulong, void *, ulong *))real->function[SIGN])(
        session, data, length, signature, signature_length);
    if (FAULT == WRONG_SIGNATURE && signature) signature[*signature_length / 2] ^= 1;
    return value;
}

ulong C_GetFunctionList(list_t **list) {
    void *module = dlopen(REAL, RTLD_NOW);
    ulong (*get)(list_t **) = module ? (ulong (*)(list_t **))dlsym(module, "C_GetFunctionList") : 0;
    if (!get || get(&real)) return 5; /* CKR_GENERAL_ERROR */
    own = *real;
    own.function[INITIALIZE] = initialize;
    own.function[GET_FUNCTION_LIST] = C_GetFunctionList;
    own.function[GET_TOKEN_INFO] = get_token_info;
    own.function[LOGIN] = login;
    own.function[LOGOUT] = logout;
    own.function[FIND_OBJECTS] = find_objects;
    own.function[SIGN] = sign;
    *list = &own;
    return 0;
}
