#include "address_places.h"

static const struct place_state states[] = {
    {"Amazonas", "91", NULL, "Leticia|Puerto Nariño", NULL},
    {"Antioquia|Ant", "05", NULL,
        "Medellín=Medallo|Bello|Envigado|Itagüí=Itagui|Sabaneta|Rionegro|La "
        "Estrella|Apartadó|Turbo|Caucasia|Copacabana|Girardota|Marinilla|La Ceja|El "
        "Retiro|Guarne|Barbosa|Guatapé|El Carmen de Viboral|Santa Fe de Antioquia",
        NULL},
    {"Arauca", "81", "Arauca", "Saravena|Tame|Arauquita", NULL},
    {"Atlántico|Atl", "08", NULL,
        "Barranquilla=Quilla|Soledad|Malambo|Puerto Colombia|Sabanalarga|Galapa|Baranoa",
        NULL},
    {"Bogotá D.C.|Bogotá|Bogotá DC|Santa Fe de Bogotá|Distrito Capital|Bogotá Distrito "
     "Capital",
        "11", "Bogotá", NULL,
        "Usaquén|Chapinero|Usme|Tunjuelito|Bosa|Kennedy|Fontibón|Engativá|Suba|Barrios "
        "Unidos|Teusaquillo|Los Mártires|Antonio Nariño|Puente Aranda|La "
        "Candelaria|Rafael Uribe Uribe|Ciudad Bolívar|Sumapaz"},
    {"Bolívar|Bol", "13", NULL,
        "Cartagena=Cartagena de Indias|Magangué|Turbaco|Arjona|El Carmen de "
        "Bolívar|Mompox",
        NULL},
    {"Boyacá|Boy", "15", NULL,
        "Tunja|Duitama|Sogamoso|Chiquinquirá|Paipa|Villa de Leyva|Puerto Boyacá", NULL},
    {"Caldas|Cal", "17", NULL, "Manizales|La Dorada|Chinchiná|Villamaría|Riosucio", NULL},
    {"Caquetá|Caq", "18", NULL, "Florencia|San Vicente del Caguán", NULL},
    {"Casanare|Cas", "85", NULL, "Yopal|Aguazul|Villanueva|Tauramena", NULL},
    {"Cauca|Cau", "19", NULL, "Popayán|Santander de Quilichao|Puerto Tejada|Miranda",
        NULL},
    {"Cesar|Ces", "20", NULL, "Valledupar|Aguachica|Codazzi|Bosconia", NULL},
    {"Chocó|Cho", "27", NULL, "Quibdó|Istmina|Tadó", NULL},
    {"Córdoba|Cor", "23", NULL, "Montería|Lorica|Cereté|Sahagún|Montelíbano|Planeta Rica",
        NULL},
    {"Cundinamarca|Cund|C/marca", "25", NULL,
        "Soacha|Chía|Zipaquirá|Facatativá|Fusagasugá=Fusa|Girardot|Mosquera|Madrid|Funza|"
        "Cajicá|Cota|La Calera|Sopó|Tocancipá|Ubaté|Tabio|Tenjo|Sibaté|Villeta",
        NULL},
    {"Guainía", "94", NULL, "Inírida", NULL},
    {"Guaviare", "95", NULL, "San José del Guaviare", NULL},
    {"Huila|Hui", "41", NULL, "Neiva|Pitalito|Garzón|La Plata", NULL},
    {"La Guajira|Guajira", "44", NULL,
        "Riohacha|Maicao|Uribia|San Juan del Cesar|Fonseca", NULL},
    {"Magdalena|Mag", "47", NULL, "Santa Marta|Ciénaga|Fundación|El Banco|Plato", NULL},
    {"Meta|Met", "50", NULL,
        "Villavicencio=Villavo|Acacías|Granada|Puerto López|Restrepo|Puerto Gaitán",
        NULL},
    {"Nariño|Nar", "52", NULL, "Pasto=San Juan de Pasto|Ipiales|Tumaco|Túquerres", NULL},
    {"Norte de Santander|N. de Santander|Nte de Santander|N Santander", "54", NULL,
        "Cúcuta=San José de Cúcuta|Ocaña|Pamplona|Villa del Rosario|Los Patios", NULL},
    {"Putumayo|Put", "86", NULL, "Mocoa|Puerto Asís|Orito", NULL},
    {"Quindío|Qui", "63", NULL,
        "Armenia|Calarcá|Montenegro|La Tebaida|Quimbaya|Circasia|Salento", NULL},
    {"Risaralda|Ris", "66", NULL, "Pereira|Dosquebradas|Santa Rosa de Cabal|La Virginia",
        NULL},
    {"San Andrés y Providencia|San Andrés|Archipiélago de San Andrés", "88", "San Andrés",
        "Providencia", NULL},
    {"Santander|San", "68", NULL,
        "Bucaramanga=Buca|Floridablanca|Girón|Piedecuesta|Barrancabermeja=Barranca|San "
        "Gil|Socorro|Barichara",
        NULL},
    {"Sucre|Suc", "70", NULL, "Sincelejo|Corozal|Tolú=Santiago de Tolú|Coveñas|Sampués",
        NULL},
    {"Tolima|Tol", "73", NULL, "Ibagué|Espinal|Melgar|Honda|Líbano|Mariquita|Chaparral",
        NULL},
    {"Valle del Cauca|Valle|Valle del C", "76", NULL,
        "Cali=Santiago de Cali|Palmira|Buenaventura|Tuluá|Cartago|Buga=Guadalajara de "
        "Buga|Jamundí|Yumbo|Candelaria|Zarzal|Roldanillo",
        NULL},
    {"Vaupés", "97", NULL, "Mitú", NULL},
    {"Vichada", "99", NULL, "Puerto Carreño", NULL},
};

const struct place_country place_colombia = {
    .code = "CO",
    .names = "Colombia|Col|CO|República de Colombia",
    .states = states,
    .state_count = sizeof states / sizeof states[0],
    .needs = NEEDS_STREET | NEEDS_NUMBER | NEEDS_CITY | NEEDS_STATE,
    .needs_with_location = NEEDS_CITY | NEEDS_STATE,
    .postal_digits = 6,
    .number_in_street = true,
};
